import type { ByteString } from "../base/byte-string.ts";
import { digestBytes } from "../core/content-hash.ts";
import type { ChunkedFile } from "../core/chunk-list.ts";
import type { HashAlgorithm, HashExtent } from "../core/content-hash.ts";
import type { FileEntry } from "../core/entry.ts";
import type { RelPath } from "../core/path.ts";
import type { Problem } from "../core/problem.ts";
import { findingAt, nameAt, newChunk, pushFinding } from "../core/snapshot.ts";
import { parseRelPath } from "../core/path.ts";
import { extents, problemCodes, sides } from "./enums.ts";
import { readChunkedFile, writeChunkedFile } from "./chunk-lists.ts";
import type { Reader } from "./reader.ts";
import { readRows, writeRows } from "./rows.ts";
import { WireError } from "./wire-error.ts";
import type { Writer } from "./writer.ts";

/** Files, or verdicts on them, of one message. */
export const filesTogether = 4096;
const sentenceBytes = 1024;

/** A file by its path, and as it was scanned. */
export interface WireFile {
  readonly path: RelPath;
  readonly entry: FileEntry;
}

/** Files as rows whose names are whole paths. */
export function writeFiles(out: Writer, files: readonly WireFile[]): void {
  const rows = newChunk(files.length);
  for (const { path, entry } of files) pushFinding(rows, 0, path, entry);
  writeRows(out, rows);
}

export function readFiles(from: Reader): WireFile[] {
  const rows = readRows(from);
  if (rows.count > filesTogether) throw new WireError("there are too many files");
  return Array.from({ length: rows.count }, (_, row) => {
    const path = parseRelPath(nameAt(rows, row));
    const entry = findingAt(rows, row);
    if (path === undefined || entry.kind !== "file") throw new WireError("a file is none");
    return { path, entry };
  });
}

export function writeExtents(out: Writer, whats: readonly HashExtent[]): void {
  out.bytes(Uint8Array.from(whats, (what) => extents.indexOf(what)));
}

export function readExtents(from: Reader, count: number): HashExtent[] {
  const bytes = from.bytes(count);
  if (bytes.length !== count) throw new WireError("what to hash is not said of each file");
  return Array.from(bytes, (byte) => extents[byte] ?? refuse());
}

function refuse(): never {
  throw new WireError("what to hash is not known here");
}

type Trouble = Pick<Problem, "side" | "code" | "message">;

export function writeProblem(out: Writer, { side, code, message }: Trouble): void {
  out
    .oneOf(sides, side)
    .oneOf(problemCodes, code)
    .text(message.slice(0, sentenceBytes / 4));
}

export function readProblem(from: Reader): Trouble {
  const side = from.oneOf(sides);
  return { side, code: from.oneOf(problemCodes), message: from.text(sentenceBytes) };
}

/** For each of several files, by its place: a digest, or why there is none. */
export type WireDigest = { readonly digest: ByteString } | { readonly problem: Trouble };

export function writeDigests(out: Writer, verdicts: readonly WireDigest[]): void {
  out.bytes(Uint8Array.from(verdicts, (one) => Number("digest" in one)));
  let digests = "";
  for (const one of verdicts) if ("digest" in one) digests += one.digest;
  out.latin1(digests as ByteString);
  for (const one of verdicts) if ("problem" in one) writeProblem(out, one.problem);
}

export function readDigests(from: Reader, count: number, algorithm: HashAlgorithm): WireDigest[] {
  const isThere = from.bytes(count);
  if (isThere.length !== count) throw new WireError("not every file has a verdict");
  const length = digestBytes[algorithm];
  const digests = from.latin1(count * length);
  let at = 0;
  const out = Array.from(isThere, (is): WireDigest => {
    if (is === 0) return { problem: readProblem(from) };
    const digest = digests.slice(at, at + length) as ByteString;
    at += length;
    return { digest };
  });
  if (at !== digests.length) throw new WireError("digests have another length");
  return out;
}

/** Whether content is equal, or why nobody knows. */
export type WireEquality = { readonly equal: boolean } | { readonly problem: Trouble };

export function writeEqualities(out: Writer, verdicts: readonly WireEquality[]): void {
  out.bytes(Uint8Array.from(verdicts, (one) => ("problem" in one ? 2 : Number(one.equal))));
  for (const one of verdicts) if ("problem" in one) writeProblem(out, one.problem);
}

export function readEqualities(from: Reader, count: number): WireEquality[] {
  const states = from.bytes(count);
  if (states.length !== count) throw new WireError("not every file has a verdict");
  return Array.from(states, (state) =>
    state === 2 ? { problem: readProblem(from) } : { equal: state === 1 },
  );
}

/** What became of one action, by its place among all of the request. */
export interface WireOutcome {
  readonly index: number;
  readonly done: boolean;
  readonly bytes: number;
  readonly shared: number;
  readonly problem: Trouble | undefined;
  readonly chunks: ChunkedFile | undefined;
}

export function writeOutcomes(out: Writer, outcomes: readonly WireOutcome[]): void {
  out.list(outcomes, ({ index, done, bytes, shared, problem, chunks }) => {
    const has = (problem === undefined ? 0 : 2) | (chunks === undefined ? 0 : 4);
    out.varint(index).u8((done ? 1 : 0) | has);
    out.varint(bytes).varint(shared);
    if (problem !== undefined) writeProblem(out, problem);
    if (chunks !== undefined) writeChunkedFile(out, chunks);
  });
}

export function readOutcomes(from: Reader, actions: number): WireOutcome[] {
  return from.list(actions, () => {
    const index = from.varint(actions - 1);
    const state = from.u8();
    if (state > 7) throw new WireError("an outcome is none");
    const [bytes, shared] = [from.varint(), from.varint()];
    const problem = (state & 2) === 0 ? undefined : readProblem(from);
    const chunks = (state & 4) === 0 ? undefined : readChunkedFile(from);
    return { index, done: (state & 1) !== 0, bytes, shared, problem, chunks };
  });
}
