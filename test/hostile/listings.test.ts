/** An agent that tells of a tree what cannot be, or not all: nothing that is here may go because of it. */
import { zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";

import type { Finding } from "../../src/core/entry.ts";
import type { SnapshotChunk } from "../../src/core/snapshot.ts";
import { newChunk, pushFinding } from "../../src/core/snapshot.ts";
import { writeRows } from "../../src/wire/rows.ts";
import { writeComplete, writePart } from "../../src/wire/scan-messages.ts";
import { directory, file, symlink } from "../model/findings.ts";
import type { Answers, Asked } from "../support/hostile-agent.ts";
import { openHostileAgent } from "../support/hostile-agent.ts";
import type { Scene } from "./scene.ts";
import { expectPulled, hostOfFile, newScene, pullInto } from "./scene.ts";

const host = await hostOfFile();

type Row = readonly [depth: number, name: string, finding: Finding];
const root: Row = [0, "", directory()];

function chunkOf(rows: readonly Row[]): SnapshotChunk {
  const chunk = newChunk(rows.length);
  for (const [depth, name, finding] of rows) pushFinding(chunk, depth, name, finding);
  return chunk;
}

async function sendRows({ messages }: Asked, rows: readonly Row[]): Promise<void> {
  const chunk = chunkOf(rows);
  const segments = [{ type: "rows", rows: chunk.count }] as const;
  await messages.send((out) => writePart(out, { segments, rows: chunk }));
}

/** A listing that is told as it should be, whatever it says. */
const listing =
  (...rows: readonly Row[]): Answers["scan"] =>
  async (asked) => {
    await sendRows(asked, rows);
    await asked.messages.send((out) => writeComplete(out, rows.length));
    asked.channel.end();
  };

/** Some rows as they should be, and then something else. */
const begun =
  (then: (asked: Asked) => Promise<void> | void): Answers["scan"] =>
  async (asked) => {
    await sendRows(asked, [root, [1, "one", file({ size: 14 })]]);
    await then(asked);
  };

const LAST = 0;
const MORE = 1;
const zstd = 1;

/** A message in one part, its head said by hand. */
function message(codec: number, length: number, body: Uint8Array): Uint8Array {
  const out = new Uint8Array(6 + body.length);
  out.set([LAST, codec], 0);
  new DataView(out.buffer).setUint32(2, length, true);
  out.set(body, 6);
  return out;
}

const deep = (levels: number, name: string): Row[] =>
  Array.from({ length: levels }, (_, i): Row => [i + 1, name, directory()]);

const badRows: readonly (readonly [name: string, rows: readonly Row[]])[] = [
  ["climbs", [root, [1, "..", file()]]],
  ["stands for itself", [root, [1, ".", directory()]]],
  ["has no name", [root, [1, "", file()]]],
  ["has a slash in its name", [root, [1, "../outside/secret", file()]]],
  ["has NUL in its name", [root, [1, "one\0", file()]]],
  ["has a name that is too long", [root, [1, "x".repeat(256), file()]]],
  ["comes twice", [root, [1, "one", file()], [1, "one", file()]]],
  ["comes out of order", [root, [1, "two", file()], [1, "one", file()]]],
  ["is in a file", [root, [1, "one", file()], [2, "x", file()]]],
  ["is in a link", [root, [1, "d", symlink()], [2, "x", file()]]],
  ["is in a directory that was left", [root, [1, "d", directory()], [3, "x", file()]]],
  ["is a second root", [root, [0, "", directory()]]],
  ["is a root that is a file", [[0, "", file()]]],
  ["comes before the root", [[1, "one", file()]]],
  ["is deeper than any path goes", [root, ...deep(400, "x".repeat(255))]],
];

const badWays: readonly (readonly [name: string, answer: Answers["scan"], why: string])[] = [
  ["ends early", begun(({ channel }) => channel.end()), "ENDPOINT_PROTOCOL"],
  ["ends before its first row", ({ channel }) => channel.end(), "ENDPOINT_PROTOCOL"],
  ["is let go of", begun(({ channel }) => channel.cancel()), "ENDPOINT_PROTOCOL"],
  [
    "is said to be one that fails",
    begun(({ channel }) => channel.fail({ code: "ROOT_UNREADABLE", message: "no" })),
    "ROOT_UNREADABLE",
  ],
  [
    "fails for a reason that is none of an agent's",
    begun(({ channel }) => channel.fail({ code: "INTERRUPTED\u001b[2J", message: "\u001b[2J" })),
    "ENDPOINT_PROTOCOL",
  ],
  ["breaks off with its line", begun(({ pair }) => pair.cut("end")), "ENDPOINT_LOST"],
  ["breaks off with trouble", begun(({ pair }) => pair.cut("error")), "ENDPOINT_LOST"],
  ["falls silent", begun(({ pair }) => pair.cut("silence")), "ENDPOINT_LOST"],
  [
    "has fewer rows than it says",
    begun(({ messages }) => messages.send((out) => writeComplete(out, 3))),
    "ENDPOINT_PROTOCOL",
  ],
  [
    "has more rows than it says",
    begun(({ messages }) => messages.send((out) => writeComplete(out, 0))),
    "ENDPOINT_PROTOCOL",
  ],
  [
    "has a part with other rows than it says",
    begun(({ messages }) =>
      messages.send((out) => {
        const rows = chunkOf([[1, "two", file()]]);
        writePart(out, { segments: [{ type: "rows", rows: 2 }], rows });
      }),
    ),
    "ENDPOINT_PROTOCOL",
  ],
  [
    "names runs that were never offered",
    begun(({ messages }) =>
      messages.send((out) => {
        const segments = [{ type: "runs", first: 1 << 20, count: 9 }] as const;
        writePart(out, { segments, rows: newChunk(1) });
      }),
    ),
    "ENDPOINT_PROTOCOL",
  ],
  [
    "says something that is not known",
    begun(({ messages }) => messages.send((out) => out.u8(9))),
    "ENDPOINT_PROTOCOL",
  ],
  [
    "says more than there is to say",
    begun(({ messages }) => messages.send((out) => (writeComplete(out, 2), out.u8(0)))),
    "ENDPOINT_PROTOCOL",
  ],
  [
    "counts rows that are not there",
    begun(({ messages }) =>
      messages.send((out) =>
        out
          .u8(0)
          .list([1], () => out.u8(0).varint(60_000))
          .varint(60_000),
      ),
    ),
    "ENDPOINT_PROTOCOL",
  ],
  [
    "has rows and nothing else",
    begun(({ messages }) =>
      messages.send((out) => {
        out.u8(0).list([], () => {});
        writeRows(out, chunkOf([[1, "two", file()]]));
      }),
    ),
    "ENDPOINT_PROTOCOL",
  ],
  ["says nothing", begun(({ channel }) => channel.send(new Uint8Array(0))), "ENDPOINT_PROTOCOL"],
  [
    "comes in crumbs",
    begun(async ({ channel }) => {
      for (let i = 0; i < 10; i++) await channel.send(Uint8Array.of(MORE, 0));
    }),
    "ENDPOINT_PROTOCOL",
  ],
  [
    "is compressed by nobody knows what",
    begun(({ channel }) => channel.send(message(9, 3, new Uint8Array(3)))),
    "ENDPOINT_PROTOCOL",
  ],
  [
    "is a bomb",
    begun(({ channel }) =>
      channel.send(message(zstd, 1000, zstdCompressSync(new Uint8Array(1 << 26)))),
    ),
    "ENDPOINT_PROTOCOL",
  ],
  [
    "is a bomb that says so",
    begun(({ channel }) =>
      channel.send(message(zstd, 0xffff_ffff, zstdCompressSync(new Uint8Array(1 << 20)))),
    ),
    "ENDPOINT_PROTOCOL",
  ],
];

async function pull(scene: Scene, scan: Answers["scan"], timeout?: number): Promise<string[]> {
  const answers = scan === undefined ? {} : { scan };
  await using agent = openHostileAgent(host, answers, timeout);
  return await pullInto(scene, agent.open(scene.far), host);
}

test("a listing as it should be is mirrored", async () => {
  using scene = newScene();
  expect(await pull(scene, undefined)).toEqual(["done"]);
  expectPulled(scene);
});

test("a listing that is made up is believed where it could be one", async () => {
  using scene = newScene();
  const rows: Row[] = [root, [1, "..a", symlink()], [1, "d", directory()], [2, "...", directory()]];
  expect(await pull(scene, listing(...rows))).toEqual(["done"]);
});

describe("a row that", () => {
  test.each(badRows)("%s is refused, and nothing is changed", async (_name, rows) => {
    using scene = newScene();
    const before = scene.look();
    expect(await pull(scene, listing(...rows))).toEqual(["unreachable", "ENDPOINT_PROTOCOL"]);
    expect(scene.look()).toEqual(before);
  });
});

describe("a listing that", () => {
  test.each(badWays)("%s deletes nothing", async (_name, answer, why) => {
    using scene = newScene();
    const before = scene.look();
    const status = why.startsWith("ENDPOINT_") ? "unreachable" : "failed";
    expect(await pull(scene, answer, why === "ENDPOINT_LOST" ? 600 : undefined)).toEqual([
      status,
      why,
    ]);
    expect(scene.look()).toEqual(before);
  });
});
