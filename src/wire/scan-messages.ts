import type { ByteString } from "../base/byte-string.ts";
import { byteString } from "../base/byte-string.ts";
import type { SnapshotChunk } from "../core/snapshot.ts";
import type { Reader } from "./reader.ts";
import type { Run } from "./row-runs.ts";
import { mostRunRows, runDigestBytes } from "./row-runs.ts";
import { readRows, writeRows } from "./rows.ts";
import type { KnownRun } from "./run-matcher.ts";
import { WireError } from "./wire-error.ts";
import type { Writer } from "./writer.ts";

const mostRuns = 1 << 16;
const mostSegments = 1 << 16;
const nothing = new Uint8Array(runDigestBytes);

/** Runs of whoever has the other listing: how many rows each has, and its digest. */
export function writeRuns(out: Writer, runs: readonly Run[]): void {
  out.list(runs, ({ from, to, digest }) => {
    out.varint(to - from).raw(digest === undefined ? nothing : rawDigest(digest));
  });
}

function rawDigest(digest: ByteString): Uint8Array {
  return Uint8Array.from(digest, (character) => character.charCodeAt(0));
}

export function readRuns(from: Reader): KnownRun[] {
  return from.list(mostRuns, () => {
    const rows = from.varint(mostRunRows);
    if (rows === 0) throw new WireError("a run has no rows");
    const raw = from.raw(runDigestBytes);
    const isNone = raw.every((byte) => byte === 0);
    return { rows, digest: isNone ? undefined : byteString(raw) };
  });
}

/** What stands at one place of a listing: rows that come along, or runs that the other side has, by the number of the first. */
export type Segment =
  | { readonly type: "rows"; readonly rows: number }
  | { readonly type: "runs"; readonly first: number; readonly count: number };

/** A stretch of a listing: what it consists of, and the rows that come along, all together. */
export interface ListingPart {
  readonly segments: readonly Segment[];
  readonly rows: SnapshotChunk;
}

/** What is said of a listing: a stretch of it; or that it is complete, and how many rows it has had. */
export type ListingAnswer = ListingPart | { readonly rowsInAll: number };

const PART = 0;
const COMPLETE = 1;

export function writePart(out: Writer, { segments, rows }: ListingPart): void {
  out.u8(PART).list(segments, (segment) => {
    if (segment.type === "rows") out.u8(0).varint(segment.rows);
    else out.u8(1).varint(segment.first).varint(segment.count);
  });
  writeRows(out, rows);
}

/** Without this a listing has broken off, however its channel ends: what is missing would be taken for deleted. */
export function writeComplete(out: Writer, rowsInAll: number): void {
  out.u8(COMPLETE).varint(rowsInAll);
}

/** Reads what is said of a listing. Whether there are such runs is for whoever has them to look at. */
export function readListing(from: Reader): ListingAnswer {
  const type = from.u8();
  if (type === COMPLETE) return { rowsInAll: from.varint() };
  if (type === PART) return readPart(from);
  throw new WireError("what is said of a listing is not known here");
}

function readPart(from: Reader): ListingPart {
  const segments = from.list(mostSegments, (): Segment => {
    const type = from.u8();
    if (type === 0) return { type: "rows", rows: from.varint() };
    if (type === 1) return { type: "runs", first: from.varint(), count: from.varint(mostRuns) };
    throw new WireError("a part of a listing is not known here");
  });
  const rows = readRows(from);
  let told = 0;
  for (const segment of segments) if (segment.type === "rows") told += segment.rows;
  if (told !== rows.count) throw new WireError("a part of a listing has other rows than it says");
  return { segments, rows };
}
