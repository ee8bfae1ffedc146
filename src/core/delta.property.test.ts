import * as fc from "fast-check";
import { expect, test } from "vitest";

import type { ChunkList } from "./chunk-list.ts";
import { chunkDigestBytes, chunkStarts, draftChunkList, joinChunkLists } from "./chunk-list.ts";
import { findChunk, indexChunks, mergeRuns } from "./delta.ts";

/** A stand-in for chunks: what they hold is a letter, and their size follows from it. */
const letters: fc.Arbitrary<string[]> = fc.array(
  fc.constantFrom("a", "b", "c", "d", "e", "f", "g", "h"),
  {
    maxLength: 60,
  },
);

function digestOf(letter: string, length = chunkDigestBytes): Uint8Array {
  return new Uint8Array(length).fill(letter.charCodeAt(0));
}

function listOf(text: readonly string[]): ChunkList {
  const draft = draftChunkList(1);
  for (const letter of text) draft.add(letter.charCodeAt(0), digestOf(letter, 32));
  return draft.list();
}

type Step = string | { readonly first: number; readonly count: number };

function deltaOf(basis: readonly string[], text: readonly string[]): Step[] {
  const index = indexChunks(listOf(basis));
  const steps: Step[] = [];
  const runs = mergeRuns((run) => void steps.push(run));
  for (const letter of text) {
    const sought = { digest: digestOf(letter), size: letter.charCodeAt(0) };
    const chunk = findChunk(index, sought, runs.next);
    if (chunk === -1) {
      runs.flush();
      steps.push(letter);
    } else runs.add(chunk);
  }
  runs.flush();
  return steps;
}

function applyTo(basis: readonly string[], steps: readonly Step[]): string[] {
  return steps.flatMap((step) =>
    typeof step === "string" ? [step] : basis.slice(step.first, step.first + step.count),
  );
}

test("a delta applied to its basis gives the content, and sends nothing that the basis has", () => {
  fc.assert(
    fc.property(letters, letters, (basis, text) => {
      const steps = deltaOf(basis, text);
      expect(applyTo(basis, steps)).toEqual(text);
      expect(steps.filter((step) => basis.includes(step as string))).toEqual([]);
    }),
  );
});

test("what stayed where it was is one run", () => {
  fc.assert(
    fc.property(letters, letters, (before, after) => {
      fc.pre(before.length > 0);
      expect(deltaOf([...before, "X", "Y", ...after], before)).toEqual([
        { first: 0, count: before.length },
      ]);
    }),
  );
});

test("a chunk is known by its digest and its size", () => {
  const index = indexChunks(listOf(["a"]));
  const [digest, size] = [digestOf("a"), "a".charCodeAt(0)];
  expect([
    findChunk(index, { digest, size }, 0),
    findChunk(index, { digest, size: size + 1 }, 0),
    findChunk(index, { digest: digestOf("b"), size }, 0),
    findChunk(indexChunks(listOf([])), { digest, size }, 0),
  ]).toEqual([0, -1, -1, -1]);
});

test("lists in a row have the chunks of all, each where it begins", () => {
  fc.assert(
    fc.property(fc.array(letters), (lists) => {
      const joined = joinChunkLists(lists.map(listOf));
      expect(joined).toEqual(listOf(lists.flat()));
      const starts = [0];
      for (const size of joined.sizes) starts.push(starts.at(-1)! + size);
      expect([...chunkStarts(joined)]).toEqual(starts);
    }),
  );
});

const many = 200_000;

/** A list whose chunks differ in one word of their digests only. */
function numbered(word: number): ChunkList {
  const digests = new Uint8Array(many * chunkDigestBytes);
  const view = new DataView(digests.buffer);
  for (let i = 0; i < many; i++) view.setUint32(i * chunkDigestBytes + word * 4, i, true);
  return { sizes: new Uint32Array(many).fill(7), digests };
}

test.each([
  ["all equal", { sizes: new Uint32Array(many), digests: new Uint8Array(many * 16) }],
  ["all in one heap", numbered(3)],
])("chunks that are %s take no more time than others", (_what, list) => {
  // If every chunk were compared with every other one, this would take minutes.
  const index = indexChunks(list);
  let found = 0;
  for (let i = 0; i < many; i++) {
    const digest = list.digests.subarray(i * 16, (i + 1) * 16);
    if (findChunk(index, { digest, size: list.sizes[i]! }, i) === i) found++;
  }
  expect(found).toBe(many);
});

test("an index takes little memory, and finds what differs", () => {
  const list = numbered(0);
  const index = indexChunks(list);
  const bytes = list.sizes.byteLength + list.digests.byteLength + index.slots.byteLength;
  expect(bytes / many).toBeLessThanOrEqual(40);
  const missed = Array.from({ length: many }, (_, i) => i).filter((i) => {
    const digest = list.digests.subarray(i * 16, (i + 1) * 16);
    return findChunk(index, { digest, size: 7 }, many) !== i;
  });
  expect(missed).toEqual([]);
});
