import type { ChunkList, KnownFile } from "../core/chunk-list.ts";
import {
  readChunkedFile,
  readChunkLists,
  writeChunkedFile,
  writeChunkLists,
} from "./chunk-lists.ts";
import { readPath } from "./options.ts";
import type { Reader } from "./reader.ts";
import type { WireOutcome } from "./verdicts.ts";
import { readOutcomes, writeOutcomes } from "./verdicts.ts";
import { WireError } from "./wire-error.ts";
import type { Writer } from "./writer.ts";

/** A file of the target's, by its place among all that were told of, or chunks that nobody has told of. */
export type WirePiece = number | ChunkList;

/** The content of one action: as it is, or cut into chunks, with what is there of it already, in a row. */
export interface WireWant {
  readonly index: number;
  readonly basis: readonly WirePiece[] | undefined;
}

/** What is said while actions are carried out: what has become of some, or that the content of some is wanted now. */
export type ApplyAnswer =
  | { readonly type: "outcomes"; readonly outcomes: readonly WireOutcome[] }
  | { readonly type: "wants"; readonly wants: readonly WireWant[] };

const answerTypes: readonly ApplyAnswer["type"][] = ["outcomes", "wants"];

export function writeAnswer(out: Writer, answer: ApplyAnswer): void {
  out.oneOf(answerTypes, answer.type);
  if (answer.type === "outcomes") writeOutcomes(out, answer.outcomes);
  else writeWants(out, answer.wants);
}

/** An answer about that many actions. */
export function readAnswer(from: Reader, actions: number): ApplyAnswer {
  const type = from.oneOf(answerTypes);
  return type === "outcomes"
    ? { type, outcomes: readOutcomes(from, actions) }
    : { type, wants: readWants(from, actions) };
}

/** Files that are told of in one message. */
export const knownTogether = 1024;
/** Files that may serve one that is wanted: more than anybody chooses. */
const mostFilesOfOne = 64;

/** What is known of files of the target. */
export function writeKnownFiles(out: Writer, files: readonly KnownFile[]): void {
  out.list(files, ({ path, ...file }) => {
    out.latin1(path);
    writeChunkedFile(out, file);
  });
}

export function readKnownFiles(from: Reader): KnownFile[] {
  return from.list(knownTogether, () => ({ path: readPath(from), ...readChunkedFile(from) }));
}

/** Which files, by the places at which they were told of, may serve an action: the likeliest first. */
export interface ServedAction {
  readonly index: number;
  readonly files: readonly number[];
}

/** `undefined` where nobody wants to know what files consist of afterwards. */
export function writeServed(out: Writer, served: readonly ServedAction[] | undefined): void {
  out.optional(served, (all) => {
    out.list(all, ({ index, files }) => {
      out.varint(index).list(files, (file) => void out.varint(file));
    });
  });
}

export function readServed(
  from: Reader,
  { actions, files }: { readonly actions: number; readonly files: number },
): ServedAction[] | undefined {
  return from.optional(() =>
    from.list(actions, () => {
      const index = from.varint(Math.max(0, actions - 1));
      return { index, files: from.list(mostFilesOfOne, () => readNumber(from, files)) };
    }),
  );
}

function readNumber(from: Reader, files: number): number {
  const file = from.varint();
  if (file >= files) throw new WireError("nobody has told of a file");
  return file;
}

/** Most are neighbours: the first of each run, and how many there are. */
function writeWants(out: Writer, wants: readonly WireWant[]): void {
  const runs: { readonly first: number; count: number }[] = [];
  for (const { index } of wants) {
    const last = runs[runs.length - 1];
    if (last !== undefined && last.first + last.count === index) last.count++;
    else runs.push({ first: index, count: 1 });
  }
  out.list(runs, ({ first, count }) => void out.varint(first).varint(count));
  for (const { basis } of wants)
    out.optional(basis, (pieces) => out.list(pieces, (piece) => writePiece(out, piece)));
}

function writePiece(out: Writer, piece: WirePiece): void {
  const isFile = typeof piece === "number";
  writeChunkLists(out, [isFile ? undefined : piece]);
  if (isFile) out.varint(piece);
}

function readWants(from: Reader, actions: number): WireWant[] {
  const runs = from.list(actions, () => ({ first: from.varint(), count: from.varint() }));
  const indices: number[] = [];
  for (const { first, count } of runs) {
    const isSound = count > 0 && first + count <= actions && indices.length + count <= actions;
    if (!isSound) throw new WireError("content is wanted of no action");
    for (let index = first; index < first + count; index++) indices.push(index);
  }
  return indices.map((index) => ({
    index,
    basis: from.optional(() => from.list(mostFilesOfOne, () => readPiece(from))),
  }));
}

function readPiece(from: Reader): WirePiece {
  const [list] = readChunkLists(from, 1);
  return list ?? from.varint();
}
