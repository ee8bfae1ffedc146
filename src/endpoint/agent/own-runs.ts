import type { SnapshotChunk } from "../../core/snapshot.ts";
import { newChunk } from "../../core/snapshot.ts";
import { newHasher } from "../../fs/hasher.ts";
import { copyRows, forgetIdentity } from "../../core/copy-rows.ts";
import type { Run } from "../../wire/row-runs.ts";
import { mostRunRows, RunCutter } from "../../wire/row-runs.ts";
import type { ListingPart } from "../../wire/scan-messages.ts";
import { writeRuns } from "../../wire/scan-messages.ts";
import { WireError } from "../../wire/wire-error.ts";
import type { Likeness } from "../endpoint.ts";
import type { Conversation } from "./agent-line.ts";

/** The runs of the other replica's rows: offered to the other end, and put in where it names them. */
export interface OwnRuns {
  /** The rows of a part, those that were not sent among them. */
  complete(part: ListingPart): Generator<SnapshotChunk>;
  /** Lets go of the other replica's rows: whoever else reads them gets what is left. */
  stop(): Promise<void>;
  /** Throws what reading them has failed with. */
  check(): void;
}

/** Rows that are kept for the other end to name: more than it waits for before it gives up on a run. */
const mostKept = 1 << 17;
const chunkRows = 2048;

/** Begins to offer runs, as the rows come. */
export async function offerRuns(
  like: Likeness,
  { channel, messages }: Conversation,
): Promise<OwnRuns> {
  const cutter = new RunCutter(like, await newHasher("blake3"));
  const chunks = like.chunks[Symbol.asyncIterator]();
  /** By number; those that have been passed are gone. */
  const kept = new Map<number, Run>();
  let [next, end, rows] = [0, 0, 0];
  let isStopped = false;
  let wake = (): void => {};
  const offer = async (runs: readonly Run[]): Promise<void> => {
    if (runs.length === 0) return;
    for (const run of runs) {
      kept.set(end++, run);
      rows += run.to - run.from;
    }
    await messages.send((out) => writeRuns(out, runs));
  };
  const passTo = (number: number): void => {
    for (; next < number; next++) {
      const run = kept.get(next)!;
      rows -= run.to - run.from;
      kept.delete(next);
    }
    wake();
  };
  const isFull = (): boolean => rows > mostKept && !isStopped;
  const roomForMore = async (): Promise<void> => {
    while (isFull()) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  const pump = async (): Promise<void> => {
    for (;;) {
      const chunk = isStopped ? { done: true as const } : await chunks.next();
      if (chunk.done === true) break;
      await offer(cutter.take(chunk.value));
      await roomForMore();
    }
    if (isStopped) return;
    await offer(cutter.finish());
    channel.end();
  };
  let failure: { readonly error: unknown } | undefined;
  const pumping = pump().catch((error: unknown) => {
    if (isStopped) return;
    failure = { error };
    channel.cancel();
  });
  return {
    *complete(part) {
      let out = newChunk(chunkRows + mostRunRows);
      let told = 0;
      for (const segment of part.segments) {
        const first = segment.type === "rows" ? 0 : segment.first;
        const count = segment.type === "rows" ? segment.rows : segment.count;
        if (segment.type === "runs" && (first < next || first + count > end))
          throw new WireError("a listing names a run that was not offered");
        for (let i = 0; i < count;) {
          i += segment.type === "rows" ? takeRows(part.rows, told + i, count - i, out) : 1;
          if (segment.type === "runs") takeRun(kept.get(first + i - 1)!, out);
          if (out.count < chunkRows) continue;
          yield out;
          out = newChunk(chunkRows + mostRunRows);
        }
        if (segment.type === "rows") told += count;
        else passTo(first + count);
      }
      if (out.count > 0) yield out;
    },
    check() {
      if (failure !== undefined) throw failure.error;
    },
    async stop() {
      isStopped = true;
      wake();
      await pumping;
      await chunks.return?.();
    },
  };
}

/** As many rows as there is room for. */
function takeRows(rows: SnapshotChunk, from: number, count: number, out: SnapshotChunk): number {
  const taken = Math.min(count, chunkRows + mostRunRows - out.count);
  copyRows(rows, { start: from, end: from + taken }, out);
  return taken;
}

function takeRun({ store, from, to }: Run, out: SnapshotChunk): void {
  const at = out.count;
  copyRows(store, { start: from, end: to }, out);
  forgetIdentity(out, at, out.count);
}
