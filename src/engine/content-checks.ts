import type { Difference } from "../core/difference.ts";
import type { FileEntry } from "../core/entry.ts";
import type { RelPath } from "../core/path.ts";
import type { Side } from "../core/problem.ts";
import type { ApplyOptions, ContentCheck, ContentVerdict, Endpoint } from "../endpoint/endpoint.ts";
import { EntryProblem } from "../endpoint/endpoint.ts";
import { newBatches } from "./batches.ts";

type Check = Extract<Difference, { type: "check" }> & Pick<ContentCheck, "content">;
type Settled = Extract<Difference, { type: "differs" | "linked" | "frozen" }>;

const bounds = { files: 1024, bytes: 32 << 20, ahead: 4 };

/** Reads what has to be read to know whether it differs. Settled differences go to `settle`, in no particular order. */
export interface ContentChecker {
  /** Resolves when there is room for more. `at` is where the target has the file, if not at the check's path. */
  add(check: Check, at?: RelPath): Promise<void>;
  finish(): Promise<void>;
}

export function newContentChecker(
  source: Endpoint,
  target: Endpoint,
  options: ApplyOptions,
  settle: (difference: Settled) => void,
  signal: AbortSignal,
): ContentChecker {
  const batches = newBatches<Wanted>(bounds, async (wanted) => {
    const checks = wanted.map(({ check, at }) => placed(check, at));
    const verdicts = await compareBatch(checks, source, target, options, signal);
    for (const [i, { check }] of wanted.entries()) settleOne(check, verdicts[i]!, settle);
  });
  return {
    add: (check, at) => batches.add({ check, at }, check.size),
    finish: () => batches.finish(),
  };
}

interface Wanted {
  readonly check: Check;
  readonly at: RelPath | undefined;
}

/** What is to be read: of a file that will be moved, where it is now. */
function placed(check: Check, at: RelPath | undefined): ContentCheck {
  return at === undefined || at === check.path ? check : new PlacedCheck(check, at);
}

/** A check of a file that has another name at the target as yet. Its entries stay rows until somebody asks. */
class PlacedCheck implements ContentCheck {
  readonly path: RelPath;
  readonly content: RelPath;
  readonly size: number;
  readonly #check: Check;

  constructor(check: Check, at: RelPath) {
    this.path = at;
    this.content = check.content ?? check.path;
    this.size = check.size;
    this.#check = check;
  }

  get source(): FileEntry {
    return this.#check.source;
  }

  get target(): FileEntry {
    return this.#check.target;
  }
}

function settleOne(
  check: Check,
  verdict: ContentVerdict,
  settle: (difference: Settled) => void,
): void {
  if ("problem" in verdict) {
    settle({ type: "frozen", problem: { ...verdict.problem, path: check.path } });
    return;
  }
  const aspects = verdict.equal ? check.aspects : (["content", ...check.aspects] as const);
  if (aspects.length === 0 && !check.isLinked) return;
  const { path, source, target, around } = check;
  if (aspects.length > 0) settle({ type: "differs", path, source, target, aspects, around });
  else settle({ type: "linked", path, source, target, aspects, around });
}

async function compareBatch(
  checks: readonly ContentCheck[],
  source: Endpoint,
  target: Endpoint,
  options: ApplyOptions,
  signal: AbortSignal,
): Promise<ContentVerdict[]> {
  const direct = target.compareContent(checks, source, options, signal);
  if (direct !== undefined) return direct;
  const verdicts: ContentVerdict[] = [];
  for (const check of checks)
    verdicts.push(await compareStreams(check, source, target, options, signal));
  return verdicts;
}

/** Compares one file where it has to be fetched from both ends. */
async function compareStreams(
  { path, content = path, source: sourceEntry, target: targetEntry }: ContentCheck,
  source: Endpoint,
  target: Endpoint,
  options: ApplyOptions,
  signal: AbortSignal,
): Promise<ContentVerdict> {
  const left = pieces("source", source.read(content, sourceEntry, options, signal));
  const right = pieces("target", target.read(path, targetEntry, { followLinks: false }, signal));
  try {
    for (;;) {
      const [ours, theirs] = [await left.available(), await right.available()];
      const length = Math.min(ours, theirs);
      if (length === 0) return { path, equal: ours === theirs };
      if (!sameBytes(left.take(length), right.take(length))) return { path, equal: false };
    }
  } catch (error) {
    if (!(error instanceof EntryProblem)) throw error;
    return { path, problem: { path, side: error.side, code: error.code, message: error.message } };
  } finally {
    await Promise.all([left.close(), right.close()]);
  }
}

interface Pieces {
  /** Bytes that can be taken now; 0 at the end. */
  available(): Promise<number>;
  take(length: number): Uint8Array;
  close(): Promise<void>;
}

function pieces(side: Side, stream: AsyncIterable<Uint8Array>): Pieces {
  const iterator = stream[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array(0);
  return {
    async available() {
      while (rest.length === 0) {
        const next = await nextOf(side, iterator);
        if (next.done === true) return 0;
        rest = next.value;
      }
      return rest.length;
    },
    take(length) {
      const taken = rest.subarray(0, length);
      rest = rest.subarray(length);
      return taken;
    },
    async close() {
      await iterator.return?.();
    },
  };
}

/** The next piece; trouble is said of the side that is read, which the endpoint does not know. */
async function nextOf(
  side: Side,
  iterator: AsyncIterator<Uint8Array>,
): Promise<IteratorResult<Uint8Array>> {
  try {
    return await iterator.next();
  } catch (error) {
    if (error instanceof EntryProblem) throw new EntryProblem(side, error.code, error.message);
    throw error;
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, i) => byte === b[i]);
}
