import type { Difference } from "../core/difference.ts";
import type { FileEntry } from "../core/entry.ts";
import type { RelPath } from "../core/path.ts";
import type { HashAlgorithm } from "../core/content-hash.ts";
import type { ApplyOptions, ContentCheck, ContentVerdict, Endpoint } from "../endpoint/endpoint.ts";
import { boundsFor, newBatches } from "./batches.ts";
import { hashPairs } from "./hash-pairs.ts";

type Check = Extract<Difference, { type: "check" }> & Pick<ContentCheck, "content">;
type Settled = Extract<Difference, { type: "differs" | "linked" | "frozen" }>;

const bounds = {
  near: { files: 1024, bytes: 32 << 20, ahead: 4 },
  far: { files: 4096, bytes: 128 << 20, ahead: 8 },
};

/** The two replicas, and how content is read. */
export interface ContentWork {
  readonly source: Endpoint;
  readonly target: Endpoint;
  readonly options: ApplyOptions;
  /** By which content is compared where no driver has both at hand. */
  readonly hash: HashAlgorithm;
}

/** Reads what has to be read to know whether it differs. Settled differences go to `settle`, in no particular order. */
export interface ContentChecker {
  /** Resolves when there is room for more. `at` is where the target has the file, if not at the check's path. */
  add(check: Check, at?: RelPath): Promise<void>;
  finish(): Promise<void>;
  /** Whether content was hashed, each file at both ends, instead of being compared. */
  hasHashed(): boolean;
}

export function newContentChecker(
  work: ContentWork,
  settle: (difference: Settled) => void,
  signal: AbortSignal,
): ContentChecker {
  let hasHashed = false;
  const batches = newBatches<Wanted>(
    boundsFor(bounds, work.source, work.target),
    async (wanted) => {
      const checks = wanted.map(({ check, at }) => placed(check, at));
      const compared = work.target.compareContent(checks, work.source, work.options, signal);
      hasHashed ||= compared === undefined;
      const verdicts = await (compared ?? compareHashes(checks, work, signal));
      for (const [i, { check }] of wanted.entries()) settleOne(check, verdicts[i]!, settle);
    },
  );
  return {
    add: (check, at) => batches.add({ check, at }, check.size),
    finish: () => batches.finish(),
    hasHashed: () => hasHashed,
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

/** Compares files of which at least one is not at hand: what crosses the connection are digests. */
async function compareHashes(
  checks: readonly ContentCheck[],
  { source, target, options, hash }: ContentWork,
  signal: AbortSignal,
): Promise<ContentVerdict[]> {
  const pairs = checks.map((check) => {
    const { path, content = path, size } = check;
    return { path, content, size, source: check.source, target: check.target };
  });
  const ends = { source, target, algorithm: hash, followLinks: options.followLinks };
  const verdicts = await hashPairs(ends, pairs, signal);
  return pairs.map(({ path }, i): ContentVerdict => {
    const [ours, theirs] = [verdicts.source[i]!, verdicts.target[i]!];
    if ("problem" in ours) return { path, problem: ours.problem };
    if ("problem" in theirs) return { path, problem: theirs.problem };
    return { path, equal: ours.digest === theirs.digest };
  });
}
