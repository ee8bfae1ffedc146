import type { ByteRange } from "../../core/content-hash.ts";
import { EntryProblem } from "../endpoint.ts";
import type { ReadContext, ScannedFile } from "./read-file.ts";
import { readPieces, readSmall } from "./read-file.ts";

/** A file to be read, and what of it. */
export interface ReadRequest extends ScannedFile {
  /** Parts that are small together; the whole file where none are named. */
  readonly ranges?: readonly ByteRange[];
}

/** What became of one request: all that was asked for, pieces to be used up before the next one, or neither. */
export type ReadResult =
  | { readonly whole: Uint8Array }
  | { readonly pieces: AsyncIterable<Uint8Array> }
  | { readonly problem: EntryProblem };

/** Small files whose content is fetched before it is their turn, and bytes of it. */
const filesAhead = 256;
const bytesAhead = 8 << 20;

/** Reads many files; results come in the order of the requests. After the signal aborts nothing more is begun. */
export async function* readInOrder(
  ctx: ReadContext,
  requests: readonly ReadRequest[],
  signal: AbortSignal,
): AsyncGenerator<ReadResult> {
  const { readBytes, openFiles } = (await ctx.place()).session;
  const most = Math.min(filesAhead, openFiles);
  const ahead: (Promise<Uint8Array> | undefined)[] = [];
  let next = 0;
  let bytes = 0;
  for (const [i, request] of requests.entries()) {
    while (next < requests.length && ahead.length < most && bytes < bytesAhead && !signal.aborted) {
      const one = requests[next++]!;
      const ranges = smallRanges(one, readBytes);
      const reading = ranges && readSmall(ctx, one, ranges);
      reading?.catch(() => {});
      ahead.push(reading);
      bytes += ranges === undefined ? 0 : sizeOf(ranges);
    }
    if (i >= next) return;
    const reading = ahead.shift();
    bytes -= sizeOf(smallRanges(request, readBytes) ?? []);
    if (reading === undefined) yield { pieces: readPieces(ctx, request, never) };
    else yield await outcome(reading);
  }
}

/** A file in hand is finished. */
const never = new AbortController().signal;

async function outcome(reading: Promise<Uint8Array>): Promise<ReadResult> {
  try {
    return { whole: await reading };
  } catch (problem) {
    if (!(problem instanceof EntryProblem)) throw problem;
    return { problem };
  }
}

/** The parts to be read at once; `undefined` for a file that is too large for that. */
function smallRanges(
  { entry, ranges }: ReadRequest,
  most: number,
): readonly ByteRange[] | undefined {
  if (ranges !== undefined) return ranges;
  if (entry.size === 0) return [];
  return entry.size <= most ? [{ from: 0, length: entry.size }] : undefined;
}

function sizeOf(ranges: readonly ByteRange[]): number {
  return ranges.reduce((sum, { length }) => sum + length, 0);
}
