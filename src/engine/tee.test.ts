import { setImmediate } from "node:timers/promises";

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { SnapshotChunk } from "../core/snapshot.ts";
import { HAS_EXTRA, nameAt, newChunk, pushFinding } from "../core/snapshot.ts";
import { directory, symlink } from "../../test/model/findings.ts";
import { teeAhead } from "./tee.ts";

interface Scan extends AsyncIterable<SnapshotChunk> {
  /** Chunks handed out so far. */
  given: number;
  ended: boolean;
}

/** A scan of one directory after the other, whose one chunk is used again and again. */
function scanOf(chunks: number, failure?: Error): Scan {
  const chunk = newChunk(4);
  const scan: Scan = {
    given: 0,
    ended: false,
    async *[Symbol.asyncIterator]() {
      try {
        while (scan.given < chunks) {
          fill(chunk, scan.given++);
          yield chunk;
          chunk.names.fill(0);
          chunk.extras.clear();
        }
        if (failure !== undefined) throw failure;
      } finally {
        scan.ended = true;
      }
    },
  };
  return scan;
}

function fill(chunk: SnapshotChunk, number: number): void {
  chunk.count = 0;
  pushFinding(chunk, 1, `d${number}`, directory({ size: number }));
  pushFinding(chunk, 2, `l${number}`, symlink({ mtimeSec: number }));
  chunk.flags[0]! |= HAS_EXTRA;
  chunk.extras.set(0, { ignoreRules: `rules ${number}` as never });
}

/** What can be seen of a chunk, as long as it is valid. */
function look(chunk: SnapshotChunk): string {
  const rows = Array.from({ length: chunk.count }, (_, row) => nameAt(chunk, row));
  const extras = [...chunk.extras]
    .sort(([a], [b]) => a - b)
    .map(([row, { ignoreRules }]) => `${row}:${ignoreRules ?? ""}`);
  return `${rows.join()} ${extras.join()} ${chunk.size[0]} ${chunk.mtimeSec[1]}`;
}

const expected = (chunks: number): string[] =>
  Array.from({ length: chunks }, (_, i) => `d${i},l${i} 0:rules ${i},1: ${i} ${i}`);

async function readAll(
  chunks: AsyncIterable<SnapshotChunk>,
  out: string[] = [],
): Promise<string[]> {
  for await (const chunk of chunks) out.push(look(chunk));
  return out;
}

/** Reads one chunk more, when what came before has been read. */
async function take(
  before: Promise<void>,
  reader: AsyncIterator<SnapshotChunk, undefined>,
  out: string[],
): Promise<void> {
  await before;
  const next = await reader.next();
  if (next.done !== true) out.push(look(next.value));
}

describe("both readers see all chunks, in order", () => {
  test("whichever asks, in whichever order, also while the other is waiting", async () => {
    const asking = fc.array(fc.constantFrom("ahead", "behind", "turn"), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 12 }), asking, async (chunks, order) => {
        const readers = teeAhead(scanOf(chunks));
        const seen: Record<"ahead" | "behind", string[]> = { ahead: [], behind: [] };
        const under: Record<"ahead" | "behind", Promise<void>> = {
          ahead: Promise.resolve(),
          behind: Promise.resolve(),
        };
        for (const step of order) {
          if (step === "turn") await setImmediate();
          else {
            // One after the other for each reader, but the two at once.
            under[step] = take(under[step], readers[step], seen[step]);
          }
        }
        await Promise.all([under.ahead, under.behind]);
        await Promise.all([
          readAll(readers.ahead, seen.ahead),
          readAll(readers.behind, seen.behind),
        ]);
        expect(seen).toEqual({ ahead: expected(chunks), behind: expected(chunks) });
      }),
      { numRuns: 200 },
    );
  });

  test("one after the other, either of them first", async () => {
    const first = teeAhead(scanOf(5));
    expect([await readAll(first.ahead), await readAll(first.behind)]).toEqual([
      expected(5),
      expected(5),
    ]);
    const second = teeAhead(scanOf(5));
    expect([await readAll(second.behind), await readAll(second.ahead)]).toEqual([
      expected(5),
      expected(5),
    ]);
  });

  test("and what is kept of the one that runs ahead stays what it is", async () => {
    const { ahead, behind } = teeAhead(scanOf(3));
    const kept: SnapshotChunk[] = [];
    for await (const chunk of ahead) kept.push(chunk);
    await readAll(behind);
    expect(kept.map(look)).toEqual(expected(3));
  });
});

describe("a reader that leaves", () => {
  test("ahead, is not waited for, and nothing is held for it", async () => {
    const scan = scanOf(500);
    const { ahead, behind } = teeAhead(scan);
    await ahead.next();
    await ahead.return!();
    expect(await readAll(behind)).toEqual(expected(500));
    expect(await ahead.next()).toEqual({ done: true, value: undefined });
    expect(scan.ended).toBe(true);
  });

  test("ahead, before anything was read", async () => {
    const { ahead, behind } = teeAhead(scanOf(2));
    await ahead.return!();
    expect(await readAll(behind)).toEqual(expected(2));
  });

  test("ahead, while a chunk is on its way", async () => {
    const { ahead, behind } = teeAhead(scanOf(3));
    const asked = ahead.next();
    await ahead.return!();
    expect(await readAll(behind)).toEqual(expected(3));
    await asked;
  });

  test("behind, ends it for both", async () => {
    const scan = scanOf(500);
    const { ahead, behind } = teeAhead(scan);
    await ahead.next();
    await ahead.next();
    await behind.next();
    await behind.return!();
    expect(await readAll(ahead)).toEqual([]);
    expect([scan.given, scan.ended]).toEqual([2, true]);
  });

  test("ahead, that fell behind by too much, sees no more than what was held for it", async () => {
    const { ahead, behind } = teeAhead(scanOf(10), 3);
    await ahead.next();
    expect(await readAll(behind)).toEqual(expected(10));
    expect(await readAll(ahead)).toEqual(expected(4).slice(1));
  });
});

describe("a scan that fails", () => {
  test("fails for both, after all that came before", async () => {
    const failure = new Error("the disk is broken");
    const { ahead, behind } = teeAhead(scanOf(3, failure));
    const seen: Record<"ahead" | "behind", string[]> = { ahead: [], behind: [] };
    const [one, other] = await Promise.allSettled([
      readAll(ahead, seen.ahead),
      readAll(behind, seen.behind),
    ]);
    expect([one, other]).toEqual([
      { status: "rejected", reason: failure },
      { status: "rejected", reason: failure },
    ]);
    expect(seen).toEqual({ ahead: expected(3), behind: expected(3) });
    expect(await behind.next()).toEqual({ done: true, value: undefined });
  });

  test("fails for the one that is left", async () => {
    const failure = new Error("the disk is broken");
    const { ahead, behind } = teeAhead(scanOf(1, failure));
    await ahead.return!();
    await expect(readAll(behind)).rejects.toBe(failure);
  });
});
