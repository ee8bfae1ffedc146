/** Everything that comes from the other side, as it may come from somebody who means harm: a value or a `WireError`, and nothing else. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { bytes, directory, file, path, problem, symlink } from "../../test/model/findings.ts";
import type { ByteString } from "../base/byte-string.ts";
import type { ChunkList } from "../core/chunk-list.ts";
import { noFilter } from "../core/filter.ts";
import type { Action } from "../core/plan.ts";
import { preserveAll } from "../core/preserve.ts";
import type { SnapshotChunk } from "../core/snapshot.ts";
import { findingAt, nameAt, newChunk, pushFinding } from "../core/snapshot.ts";
import { readActions, writeActions } from "./actions.ts";
import {
  readAnswer,
  readKnownFiles,
  readServed,
  writeAnswer,
  writeKnownFiles,
  writeServed,
} from "./apply-answers.ts";
import { parseAnswer } from "./bootstrap.ts";
import { readChunkLists, writeChunkLists } from "./chunk-lists.ts";
import { readEntry, writeEntry } from "./entry.ts";
import { decodeHello, encodeHello } from "./hello.ts";
import { defaultLimits, leastLimits } from "./limits.ts";
import { readVersionRule, readVersions, writeVersionRule, writeVersions } from "./options.ts";
import { readPackHeader } from "./pack.ts";
import { PackReader } from "./pack-reader.ts";
import { PackWriter } from "./pack-writer.ts";
import { readPlace, writePlace } from "./place.ts";
import { Reader } from "./reader.ts";
import type { WireRequest } from "./requests.ts";
import { decodeRequest, encodeRequest } from "./requests.ts";
import { newRowOrder } from "./row-order.ts";
import { readListing, readRuns, writeComplete, writePart, writeRuns } from "./scan-messages.ts";
import { decodeCredit, decodeFailure, encodeCredit, encodeFailure } from "./session-payloads.ts";
import * as verdicts from "./verdicts.ts";
import { WireError } from "./wire-error.ts";
import { Writer } from "./writer.ts";

const list: ChunkList = { sizes: Uint32Array.of(20_000, 7), digests: new Uint8Array(32).fill(3) };
const xattrs = [[bytes("user.a"), bytes("x")] as const];

function rows(): SnapshotChunk {
  const chunk = newChunk(8);
  pushFinding(chunk, 0, "", directory());
  pushFinding(chunk, 1, "a", file({ xattrs, size: 99 }));
  pushFinding(chunk, 1, "b", symlink());
  pushFinding(chunk, 1, "c", directory({ closed: true }));
  pushFinding(chunk, 1, "d", problem());
  pushFinding(chunk, 1, "e", { kind: "excluded" });
  pushFinding(chunk, 1, "f", { kind: "leftover", isDirectory: true });
  return chunk;
}

const actions: readonly Action[] = [
  { type: "make-directory", path: path("d"), expected: undefined, entry: directory() },
  { type: "put-file", path: path("d/f"), expected: file(), entry: file(), content: path("g") },
  { type: "put-symlink", path: path("l"), expected: undefined, entry: symlink() },
  { type: "link", path: path("m"), from: path("n"), expected: undefined, entry: file() },
  { type: "remove", path: path("o"), expected: symlink() },
  { type: "remove-leftover", path: path("p"), isDirectory: false },
];

const where = { endpoint: 1 } as const;
const requests: readonly WireRequest[] = [
  { type: "open", on: undefined, ...where, path: "/x" as ByteString },
  {
    type: "scan",
    ...where,
    scan: {
      side: "source",
      filter: { ...noFilter, rules: [{ pattern: bytes("*.o"), origin: "here" }], maxSize: 7 },
      links: "safe",
      oneFileSystem: true,
      ignoreFiles: false,
      xattrs: true,
      acls: false,
    },
    like: { preserve: preserveAll, timeResolution: 1 },
    after: path("a/b"),
  },
  { type: "flush", ...where },
  { type: "hash", ...where, options: { algorithm: "md5", side: "target", followLinks: true } },
  { type: "chunks", ...where, options: { side: "source", followLinks: true, extent: "quick" } },
  { type: "thin", ...where, rule: { keep: "trash", age: 5 }, at: 7 },
  { type: "begin-versions", ...where, at: 7 },
  {
    type: "apply",
    ...where,
    source: 3,
    usesBasis: true,
    ordered: false,
    options: { preserve: preserveAll, followLinks: true, versions: { stamp: "now" }, window: 3 },
  },
];

/** One thing that can come: how it is read, and something sound to begin with. */
interface Form {
  readonly name: string;
  readonly read: (bytes: Uint8Array) => unknown;
  readonly sound: readonly Uint8Array[];
}

function form(
  name: string,
  read: (from: Reader) => unknown,
  ...writes: readonly ((out: Writer) => unknown)[]
): Form {
  const sound = writes.map((write) => {
    const out = new Writer();
    write(out);
    return out.take();
  });
  return {
    name,
    sound,
    read(message) {
      const from = new Reader(message);
      const value = read(from);
      from.end();
      return value;
    },
  };
}

/** Rows that were read, as everybody who works with them looks at them. */
function lookAt(chunk: SnapshotChunk): unknown {
  newRowOrder().check(chunk);
  return Array.from({ length: chunk.count }, (_, row) => [
    nameAt(chunk, row),
    findingAt(chunk, row),
  ]);
}

function pack(): Uint8Array {
  const writer = new PackWriter();
  writer.begin(4096, 0, false);
  writer.whole(0, 3);
  writer.begins(1, file({ xattrs }));
  writer.data(5);
  writer.hole(4096);
  writer.chunks(0, 2);
  writer.restart(undefined);
  writer.ends(7, new Uint8Array(32));
  writer.problem(2, "io", "it cannot be read");
  return writer.seal(
    false,
    () => new Uint8Array(16),
    () => undefined,
  );
}

function readPack(from: Uint8Array): unknown {
  const header = readPackHeader(from);
  if (header === undefined || header.codec !== "none") return undefined;
  const reader = new PackReader(from.subarray(32), header);
  const records = [];
  for (let record = reader.next(); record !== undefined; record = reader.next())
    records.push(record);
  return records;
}

const trouble = { side: "source", code: "io", message: "no" } as const;
const outcome = { index: 1, done: true, bytes: 5, shared: 0, chunks: undefined };
const text = (message: Uint8Array): string => Buffer.from(message).toString("latin1");
const identity = { dev: 1, inoHigh: 0, inoLow: 5 };
const root = {
  kind: "directory",
  identity,
  lineage: ["1:0:5"],
  missing: ["x"],
  mountPoint: "/",
  device: 1,
  freeBytes: Infinity,
  freeInodes: 5,
  realPath: "/x",
} as const;
const capabilities = {
  timeResolution: 1,
  keeps: preserveAll,
  privileged: true,
  linkTimes: true,
  symlinks: true,
  foldsCase: false,
  reflink: false,
  remote: true,
};

const forms: readonly Form[] = [
  { name: "a request", read: decodeRequest, sound: requests.map(encodeRequest) },
  form(
    "a listing",
    (from) => {
      const said = readListing(from);
      return "rows" in said ? lookAt(said.rows) : said;
    },
    (out) => writePart(out, { segments: [{ type: "rows", rows: 7 }], rows: rows() }),
    (out) => writeComplete(out, 7),
  ),
  form("runs", readRuns, (out) =>
    writeRuns(out, [{ store: rows(), from: 0, to: 3, digest: "0123456789abcdef" as ByteString }]),
  ),
  form("actions", readActions, (out) => writeActions(out, actions)),
  form(
    "an answer to actions",
    (from) => readAnswer(from, 6),
    (out) => writeAnswer(out, { type: "outcomes", outcomes: [{ ...outcome, problem: trouble }] }),
    (out) =>
      writeAnswer(out, {
        type: "wants",
        wants: [
          { index: 1, basis: [list, 7] },
          { index: 2, basis: undefined },
        ],
      }),
  ),
  form("known files", readKnownFiles, (out) =>
    writeKnownFiles(out, [{ path: path("a/b"), facts: file(), list }]),
  ),
  form(
    "what serves what",
    (from) => readServed(from, { actions: 6, files: 3 }),
    (out) => writeServed(out, [{ index: 1, files: [0, 2] }]),
  ),
  form("files", verdicts.readFiles, (out) =>
    verdicts.writeFiles(out, [{ path: path("a/b"), entry: file() }]),
  ),
  form(
    "extents",
    (from) => verdicts.readExtents(from, 2),
    (out) => verdicts.writeExtents(out, ["quick", "full"]),
  ),
  form(
    "digests",
    (from) => verdicts.readDigests(from, 2, "md5"),
    (out) =>
      verdicts.writeDigests(out, [
        { digest: "0123456789abcdef" as ByteString },
        { problem: trouble },
      ]),
  ),
  form(
    "equalities",
    (from) => verdicts.readEqualities(from, 2),
    (out) => verdicts.writeEqualities(out, [{ equal: true }, { problem: trouble }]),
  ),
  form(
    "lists of chunks",
    (from) => readChunkLists(from, 2),
    (out) => writeChunkLists(out, [list, undefined]),
  ),
  form(
    "an entry",
    readEntry,
    ...[file({ xattrs }), symlink(), directory()].map(
      (entry) => (out: Writer) => writeEntry(out, entry),
    ),
  ),
  form("a place", readPlace, (out) => writePlace(out, { root, capabilities, machine: "m" })),
  form("versions", readVersions, (out) => writeVersions(out, { stamp: "now" })),
  form("a rule", readVersionRule, (out) => writeVersionRule(out, { keep: "trash", age: 5 })),
  { name: "a pack", read: readPack, sound: [pack()] },
  {
    name: "a hello",
    read: (message) => decodeHello(message, leastLimits),
    sound: [encodeHello({ limits: defaultLimits, facts: new Map([["codecs", "zstd"]]) })],
  },
  { name: "credit", read: decodeCredit, sound: [encodeCredit(7)] },
  {
    name: "a failure",
    read: decodeFailure,
    sound: [encodeFailure({ code: "internal", message: "no" })],
  },
  {
    name: "the bootstrap's answer",
    read: (message) => parseAnswer(text(message)),
    sound: [
      Buffer.from(
        'need {"facts":{"platform":"a","arch":"b","libc":"c","nodeVersion":"18"},"parts":["agent"]}',
      ),
    ],
  },
];

/** Changes of a message: a byte that is another one, a stretch that is gone or comes twice. */
const changes = fc.array(
  fc.record({
    type: fc.constantFrom("set" as const, "flip" as const, "drop" as const, "repeat" as const),
    at: fc.nat(),
    length: fc.integer({ min: 1, max: 9 }),
    value: fc.constantFrom(0, 1, 2, 127, 128, 255),
  }),
  { minLength: 1, maxLength: 4 },
);

function changed(sound: Uint8Array, how: readonly Change[]): Uint8Array {
  let message = Uint8Array.from(sound);
  for (const { type, at, length, value } of how) {
    const place = message.length === 0 ? 0 : at % message.length;
    const stretch = message.subarray(place, place + length);
    switch (type) {
      case "set":
        if (message.length > 0) message[place] = value;
        break;
      case "flip":
        if (message.length > 0) message[place]! ^= 1 << (length % 8);
        break;
      case "drop":
        message = joined(message.subarray(0, place), message.subarray(place + length));
        break;
      case "repeat":
        message = joined(message.subarray(0, place), stretch, message.subarray(place));
        break;
    }
  }
  return message;
}

interface Change {
  readonly type: "set" | "flip" | "drop" | "repeat";
  readonly at: number;
  readonly length: number;
  readonly value: number;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.concat(parts));
}

function isReadOrRefused({ read }: Form, message: Uint8Array): void {
  try {
    read(message);
  } catch (error) {
    expect(error).toBeInstanceOf(WireError);
  }
}

describe.each(forms)("$name", (one) => {
  test("is read where it is sound", () => {
    for (const sound of one.sound) expect(one.read(sound)).toBeDefined();
  });

  test("is read or refused where something of it was changed", () => {
    fc.assert(
      fc.property(fc.constantFrom(...one.sound), changes, (sound, how) =>
        isReadOrRefused(one, changed(sound, how)),
      ),
      { numRuns: 2000 },
    );
  });

  test("is read or refused where it is anything at all", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (message) => isReadOrRefused(one, message)),
      { numRuns: 500 },
    );
  });
});
