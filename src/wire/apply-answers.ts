import type { ChunkList } from "../core/chunk-list.ts";
import { readChunkLists, writeChunkLists } from "./chunk-lists.ts";
import type { Reader } from "./reader.ts";
import type { WireOutcome } from "./verdicts.ts";
import { readOutcomes, writeOutcomes } from "./verdicts.ts";
import { WireError } from "./wire-error.ts";
import type { Writer } from "./writer.ts";

/** An action by its place among all of the request, and a list of chunks that has to do with it. */
export interface NumberedChunks {
  readonly index: number;
  readonly list: ChunkList;
}

/** The content of one action, and what is there of it already: a list, or the one that has been told along with the actions. */
export interface WireWant {
  readonly index: number;
  readonly basis: ChunkList | "known" | undefined;
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

/** What files consist of that actions replace; `undefined` where nobody wants to know what they consist of afterwards. */
export function writeKnown(out: Writer, known: readonly NumberedChunks[] | undefined): void {
  out.optional(known, (all) => {
    out.list(all, ({ index }) => void out.varint(index));
    writeChunkLists(
      out,
      all.map(({ list }) => list),
    );
  });
}

export function readKnown(from: Reader, actions: number): NumberedChunks[] | undefined {
  return from.optional(() => {
    const indices = from.list(actions, () => from.varint(Math.max(0, actions - 1)));
    const lists = readChunkLists(from, indices.length);
    return indices.map((index, i) => {
      const list = lists[i];
      if (list === undefined) throw new WireError("what is known is nothing");
      return { index, list };
    });
  });
}

const NONE = 0;
const LIST = 1;
const KNOWN = 2;

/** Most are neighbours: the first of each run, and how many there are. */
function writeWants(out: Writer, wants: readonly WireWant[]): void {
  const runs: { readonly first: number; count: number }[] = [];
  for (const { index } of wants) {
    const last = runs[runs.length - 1];
    if (last !== undefined && last.first + last.count === index) last.count++;
    else runs.push({ first: index, count: 1 });
  }
  out.list(runs, ({ first, count }) => void out.varint(first).varint(count));
  out.u8s(Uint8Array.from(wants, ({ basis }) => stateOf(basis)));
  const lists = wants.map(({ basis }) => basis).filter((basis) => stateOf(basis) === LIST);
  writeChunkLists(out, lists as readonly ChunkList[]);
}

function stateOf(basis: WireWant["basis"]): number {
  if (basis === undefined) return NONE;
  return basis === "known" ? KNOWN : LIST;
}

function readWants(from: Reader, actions: number): WireWant[] {
  const runs = from.list(actions, () => ({ first: from.varint(), count: from.varint() }));
  const indices: number[] = [];
  for (const { first, count } of runs) {
    const isSound = count > 0 && first + count <= actions && indices.length + count <= actions;
    if (!isSound) throw new WireError("content is wanted of no action");
    for (let index = first; index < first + count; index++) indices.push(index);
  }
  const states = from.u8s(indices.length);
  if (states.length !== indices.length) throw new WireError("a want has no basis and not none");
  return indices.map((index, i) => ({ index, basis: readBasis(from, states[i]!) }));
}

function readBasis(from: Reader, state: number): WireWant["basis"] {
  if (state === NONE) return undefined;
  if (state === KNOWN) return "known";
  const [list] = readChunkLists(from, 1);
  if (state !== LIST || list === undefined) throw new WireError("a basis is none");
  return list;
}
