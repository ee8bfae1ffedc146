/** An agent that sends other content than it was asked for: nothing of it gets a name, and nothing of it stays. */
import { zstdCompressSync } from "node:zlib";
import { chmodSync, statSync } from "node:fs";
import { describe, expect, test } from "vitest";

import { newHasher } from "../../src/fs/hasher.ts";
import { openLocal } from "../../src/endpoint/local/local-endpoint.ts";
import type { PackHeader } from "../../src/wire/pack.ts";
import { packHeaderBytes, writePackHeader } from "../../src/wire/pack.ts";
import { PackWriter } from "../../src/wire/pack-writer.ts";
import { file } from "../model/findings.ts";
import type { Answers, Asked } from "../support/hostile-agent.ts";
import { openHostileAgent } from "../support/hostile-agent.ts";
import type { Scene } from "./scene.ts";
import { contentOf, expectPulled, hostOfFile, mirrorBetween, newScene } from "./scene.ts";

const host = await hostOfFile();
const blake = await newHasher("blake3");
const utf8 = new TextEncoder();
const one = utf8.encode("content of one");
const two = utf8.encode("content of two");

function digestOf(...parts: readonly Uint8Array[]): Uint8Array {
  blake.begin();
  for (const part of parts) blake.update(part);
  return blake.digest().slice();
}

/** A pack whose header and digest are as they should be, until `spoil` has had its way. */
function pack(
  fill: (writer: PackWriter) => void,
  { first = 0, continues = false, isOpen = false }: Partial<PackHeader> = {},
): Uint8Array {
  const writer = new PackWriter();
  writer.begin(1 << 16, first, continues);
  fill(writer);
  return writer.seal(
    isOpen,
    (records) => digestOf(records).subarray(0, 16),
    () => undefined,
  );
}

function whole(writer: PackWriter, index: number, content: Uint8Array): void {
  writer.whole(index, content.length).set(content);
}

function data(writer: PackWriter, content: Uint8Array): void {
  writer.data(content.length).set(content);
}

/** Sends packs, when all that is wanted is known. */
const reading =
  (...packs: readonly Uint8Array[]): Answers["read"] =>
  async ({ channel }) => {
    while ((await channel.receive()) !== undefined) continue;
    for (const one of packs) await channel.send(one);
    channel.end();
  };

/** The same for ever; whoever takes it may stop when he has had enough. */
const without =
  (
    end: (asked: Asked, sent: number) => Uint8Array,
    ...packs: readonly Uint8Array[]
  ): Answers["read"] =>
  async (asked) => {
    while ((await asked.channel.receive()) !== undefined) continue;
    for (const one of packs) await asked.channel.send(one);
    for (let sent = 0; !asked.channel.signal.aborted; sent++)
      await asked.channel.send(end(asked, sent));
  };

const both = pack((writer) => {
  whole(writer, 0, one);
  whole(writer, 1, two);
});

function spoiled(how: (header: PackHeader) => Partial<PackHeader>, sound = both): Uint8Array {
  const copy = sound.slice();
  const view = new DataView(copy.buffer);
  const header: PackHeader = {
    codec: "none",
    continues: false,
    isOpen: false,
    length: view.getUint32(4, true),
    first: view.getUint32(8, true),
    end: view.getUint32(12, true),
    digest: copy.slice(16, packHeaderBytes),
  };
  writePackHeader(copy, { ...header, ...how(header) });
  return copy;
}

function squeezed(length: number, body: Uint8Array): Uint8Array {
  const out = new Uint8Array(packHeaderBytes + body.length);
  out.set(body, packHeaderBytes);
  const digest = new Uint8Array(16);
  const facts = { continues: false, isOpen: false, first: 0, end: 2, digest };
  writePackHeader(out, { codec: "zstd", length, ...facts });
  return out;
}

/** What no agent can mean: nothing that it says is believed any more. */
const nonsense: readonly (readonly [name: string, answer: Answers["read"]])[] = [
  ["no pack at all", reading()],
  ["a pack too few", reading(pack((writer) => whole(writer, 0, one)))],
  ["something that is no pack", reading(utf8.encode("no pack"))],
  ["an empty message", reading(new Uint8Array(0))],
  [
    "a pack of nothing",
    reading(
      pack(() => {}),
      both,
    ),
  ],
  ["packs of nothing without end", without(() => pack(() => {}))],
  ["files that were not asked for", reading(pack((writer) => whole(writer, 2, two), { first: 2 }))],
  [
    "more files than were asked for",
    reading(
      both,
      pack((w) => whole(w, 2, two), { first: 2 }),
    ),
  ],
  [
    "a file twice",
    reading(
      both,
      pack((writer) => whole(writer, 1, two), { first: 1 }),
    ),
  ],
  [
    "files in another order",
    reading(pack((writer) => (whole(writer, 1, two), whole(writer, 0, one)))),
  ],
  [
    "a pack that was changed",
    reading(spoiled(({ digest }) => ({ digest: digest.map((b) => b ^ 1) }))),
  ],
  ["a pack with another length", reading(spoiled(({ length }) => ({ length: length - 1 })))],
  ["a pack with fewer files than it says", reading(spoiled(({ end }) => ({ end: end + 1 })))],
  ["a pack that does not end", reading(spoiled(() => ({ isOpen: true })))],
  ["a pack that goes on with nothing", reading(spoiled(() => ({ continues: true })))],
  ["a pack that was not compressed", reading(squeezed(1000, one))],
  ["a bomb", reading(squeezed(1000, zstdCompressSync(new Uint8Array(1 << 26))))],
  [
    "a bomb that says so",
    reading(squeezed(0xffff_ffff, zstdCompressSync(new Uint8Array(1 << 20)))),
  ],
  [
    "pieces of nothing without end",
    without(
      (_, sent) =>
        pack((writer) => data(writer, new Uint8Array(0)), {
          first: 1,
          continues: sent > 0,
          isOpen: true,
        }),
      pack((writer) => writer.begins(0, undefined), { isOpen: true }),
    ),
  ],
  [
    "holes of nothing",
    reading(
      pack((writer) => {
        writer.begins(0, undefined);
        writer.hole(0);
        data(writer, one);
        writer.ends(one.length, digestOf(one));
      }),
    ),
  ],
  ["content of no file", reading(pack((writer) => data(writer, one)))],
  [
    "a file that does not end, and then the next",
    reading(
      pack((writer) => {
        writer.begins(0, undefined);
        whole(writer, 1, two);
      }),
    ),
  ],
  ["trouble with a file that was not asked for", reading(pack((w) => w.problem(7, "io", "no")))],
  [
    "half a file, and then the end",
    reading(pack((writer) => (writer.begins(0, undefined), data(writer, one)), { isOpen: true })),
  ],
];

/** What can come of a file that changes while it is read: the one file has a problem, and the other one is as it should be. */
const otherwise: readonly (readonly [name: string, fill: (writer: PackWriter) => void])[] = [
  [
    "more than was announced",
    (writer) => whole(writer, 0, utf8.encode("content of one, and more")),
  ],
  ["less than was announced", (writer) => whole(writer, 0, one.subarray(1))],
  [
    "more than was announced, in pieces",
    (writer) => {
      writer.begins(0, undefined);
      for (let i = 0; i < 100; i++) data(writer, one);
      writer.ends(one.length, digestOf(one));
    },
  ],
  [
    "another size at the end",
    (writer) => {
      writer.begins(0, undefined);
      data(writer, one);
      writer.ends(2 ** 52, digestOf(one));
    },
  ],
  [
    "another digest at the end",
    (writer) => {
      writer.begins(0, undefined);
      data(writer, one);
      writer.ends(one.length, digestOf(two));
    },
  ],
  [
    "a hole as large as the world",
    (writer) => {
      writer.begins(0, undefined);
      writer.hole(2 ** 52);
      writer.ends(one.length, digestOf(one));
    },
  ],
  [
    "a file that is much larger now",
    (writer) => {
      writer.begins(0, file({ size: 2 ** 52 }));
      writer.hole(2 ** 52);
      writer.ends(2 ** 52, digestOf(one));
    },
  ],
  [
    "chunks of what nobody has told of",
    (writer) => {
      writer.begins(0, undefined);
      writer.chunks(0, 1);
      writer.ends(one.length, digestOf(one));
    },
  ],
  [
    "a file that begins anew without end",
    (writer) => {
      writer.begins(0, undefined);
      for (let i = 0; i < 50; i++) writer.restart(undefined);
      data(writer, one);
      writer.ends(one.length, digestOf(one));
    },
  ],
  ["trouble, in words that move the cursor", (writer) => writer.problem(0, "io", "\u001b[2J\n")],
];

async function pull(scene: Scene, read: Answers["read"]): Promise<string[]> {
  const answers = read === undefined ? {} : { read };
  await using agent = openHostileAgent(host, answers);
  return await mirrorBetween(agent.open(scene.far), openLocal(scene.here, host));
}

test("content as it should be is put in place", async () => {
  using scene = newScene();
  expect(await pull(scene, reading(both))).toEqual(["done"]);
  expectPulled(scene);
});

test("content that is told of in all ways there are is put in place", async () => {
  using scene = newScene();
  const inPieces = pack((writer) => {
    writer.begins(0, undefined);
    data(writer, two);
    writer.restart(undefined);
    data(writer, one.subarray(0, 3));
    data(writer, one.subarray(3));
    writer.ends(one.length, digestOf(one));
    whole(writer, 1, two);
  });
  expect(await pull(scene, reading(inPieces))).toEqual(["done"]);
  expectPulled(scene);
});

describe("an agent that sends", () => {
  test.each(nonsense)("%s is not believed", async (_name, answer) => {
    using scene = newScene();
    expect(await pull(scene, answer)).toEqual(["unreachable", "ENDPOINT_PROTOCOL"]);
    // What came before, and was as it should be, may be in its place.
    const sound = ["d", "old: this is old", "one: content of one", "two: content of two"];
    expect(contentOf(scene.here).filter((name) => !sound.includes(name))).toEqual([]);
  });

  test.each(otherwise)("%s has a file that is not there", async (_name, fill) => {
    using scene = newScene();
    const sent = pack((writer) => {
      fill(writer);
      whole(writer, 1, two);
    });
    const [status, problem] = await pull(scene, reading(sent));
    expect(status).toBe("problems");
    expect(problem).toMatch(/^one source (changed|io)$/);
    expect(contentOf(scene.here)).toEqual(["d", "two: content of two"]);
  });
});

test.each([
  ["brings no power along that it did not have", 0o644, 0o6755, 0o755],
  ["brings what it had", 0o4644, 0o4755, 0o4755],
])("a file that has become another one %s", async (_name, planned, now, wanted) => {
  using scene = newScene();
  chmodSync(`${scene.far}/one`, planned);
  const owner = { uid: process.geteuid!(), gid: process.getegid!() };
  const became = pack((writer) => {
    writer.begins(0, file({ size: one.length, mode: now, ...owner }));
    data(writer, one);
    writer.ends(one.length, digestOf(one));
    whole(writer, 1, two);
  });
  expect(await pull(scene, reading(became))).toEqual(["done"]);
  expect(statSync(`${scene.here}/one`).mode & 0o7777).toBe(wanted);
});
