import type { ChunkList } from "../core/chunk-list.ts";
import { readChunkLists, writeChunkLists } from "./chunk-lists.ts";
import type { Reader } from "./reader.ts";
import type { WireOutcome } from "./verdicts.ts";
import { readOutcomes, writeOutcomes } from "./verdicts.ts";
import { WireError } from "./wire-error.ts";
import type { Writer } from "./writer.ts";

/** The content of one action, by its place among all of the request, and what is there of it already. */
export interface WireWant {
  readonly index: number;
  readonly basis: ChunkList | undefined;
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

/** Most are neighbours: the first of each run, and how many there are. */
function writeWants(out: Writer, wants: readonly WireWant[]): void {
  const runs: { readonly first: number; count: number }[] = [];
  for (const { index } of wants) {
    const last = runs[runs.length - 1];
    if (last !== undefined && last.first + last.count === index) last.count++;
    else runs.push({ first: index, count: 1 });
  }
  out.list(runs, ({ first, count }) => void out.varint(first).varint(count));
  writeChunkLists(
    out,
    wants.map(({ basis }) => basis),
  );
}

function readWants(from: Reader, actions: number): WireWant[] {
  const runs = from.list(actions, () => ({ first: from.varint(), count: from.varint() }));
  const indices: number[] = [];
  for (const { first, count } of runs) {
    const isSound = count > 0 && first + count <= actions && indices.length + count <= actions;
    if (!isSound) throw new WireError("content is wanted of no action");
    for (let index = first; index < first + count; index++) indices.push(index);
  }
  const bases = readChunkLists(from, indices.length);
  return indices.map((index, i) => ({ index, basis: bases[i] }));
}
