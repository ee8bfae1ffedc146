/** Content as no agent should send it, and as it should. */
import { zstdCompressSync } from "node:zlib";

import { sizeBytes } from "../../src/core/content-hash.ts";
import type { PackWriter } from "../../src/wire/pack-writer.ts";
import { file } from "../model/findings.ts";
import type { Answers, Asked } from "../support/hostile-agent.ts";
import { data, digestOf, pack, spoiled, squeezed, whole } from "./packs.ts";

const utf8 = new TextEncoder();
/** What the two files of a scene hold. */
export const one: Uint8Array = utf8.encode("content of one");
export const two: Uint8Array = utf8.encode("content of two");

/** The first file, which has got so many zeros before its content meanwhile. */
export function grown(writer: PackWriter, zeros: number): void {
  const size = zeros + one.length;
  const owner = { uid: process.geteuid!(), gid: process.getegid!() };
  writer.begins(0, file({ size, ...owner }));
  writer.hole(zeros);
  data(writer, one);
  writer.ends(size, digestOf(sizeBytes(zeros), one));
}

/** Sends packs, when all that is wanted is known. */
export const reading =
  (...packs: readonly Uint8Array[]): NonNullable<Answers["read"]> =>
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

export const both: Uint8Array = pack((writer) => {
  whole(writer, 0, one);
  whole(writer, 1, two);
});

/** Inside of the first file. */
const inside = { first: 1, continues: true, isOpen: true };
const moreOfIt = pack((writer) => data(writer, new Uint8Array(60_000)), inside);
const anew = pack((writer) => {
  for (let i = 0; i < 1000; i++) writer.restart(undefined);
}, inside);

/** What no agent can mean: nothing that it says is believed any more. */
export const nonsense: readonly (readonly [name: string, answer: Answers["read"]])[] = [
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
    reading(spoiled(both, ({ digest }) => ({ digest: digest.map((b) => b ^ 1) }))),
  ],
  ["a pack with another length", reading(spoiled(both, ({ length }) => ({ length: length - 1 })))],
  ["a pack with fewer files than it says", reading(spoiled(both, ({ end }) => ({ end: end + 1 })))],
  ["a pack that does not end", reading(spoiled(both, () => ({ isOpen: true })))],
  ["a pack that goes on with nothing", reading(spoiled(both, () => ({ continues: true })))],
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
    "a file without end",
    without(
      () => moreOfIt,
      pack((writer) => writer.begins(0, undefined), { isOpen: true }),
    ),
  ],
  [
    "a file that has become one without end",
    without(
      () => moreOfIt,
      pack((writer) => writer.begins(0, file({ size: 2 ** 52 })), { isOpen: true }),
    ),
  ],
  [
    "a file that begins anew for ever",
    without(
      () => anew,
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
export const otherwise: readonly (readonly [name: string, fill: (writer: PackWriter) => void])[] = [
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
  ["a file that has grown beyond measure", (writer) => grown(writer, 5 << 20)],
  ["trouble, in words that move the cursor", (writer) => writer.problem(0, "io", "\u001b[2J\n")],
];
