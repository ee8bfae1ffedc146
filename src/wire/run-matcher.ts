import type { ByteString } from "../base/byte-string.ts";

/** Runs of the other side, as they have become known: in order, each with its rows and its digest. */
export interface KnownRun {
  readonly rows: number;
  /** `undefined` for one that nothing is like. */
  readonly digest: ByteString | undefined;
}

/** What is to be done with a run of ours. */
export type RunDecision =
  /** It is the other side's run of that number. */
  | { readonly type: "same"; readonly number: number }
  | { readonly type: "different" }
  /** It may still be one of those that are not known yet. */
  | { readonly type: "unknown" };

/** How far to look ahead in the other side's rows before a run counts as one that it has not. */
const lookAhead = 1024;
/** From so many rows on that only we have, nothing more is waited for: the other side keeps only so many. */
const mostAhead = 1 << 16;

/**
 * Finds our runs among the other side's, in one pass over both. What has been passed is never come back to, so that neither
 * side has to keep more than what lies between.
 */
export class RunMatcher {
  readonly #numbers = new Map<ByteString, number>();
  /** Runs that are known and not passed, by number. */
  readonly #known = new Map<number, KnownRun>();
  /** Number of the first run that has not been passed, and of the first that is not known. */
  #next = 0;
  #end = 0;
  #rowsKnown = 0;
  #rowsPassed = 0;
  #ourRows = 0;
  #isOver = false;

  /** More runs of the other side. */
  add(runs: readonly KnownRun[]): void {
    for (const run of runs) {
      const number = this.#end++;
      this.#known.set(number, run);
      this.#rowsKnown += run.rows;
      // Of runs with one digest the first counts: that leaves the most to be found behind it.
      if (run.digest !== undefined && !this.#numbers.has(run.digest))
        this.#numbers.set(run.digest, number);
    }
  }

  /** There are no more. */
  end(): void {
    this.#isOver = true;
  }

  decide(rows: number, digest: ByteString | undefined): RunDecision {
    const number = digest === undefined ? undefined : this.#numbers.get(digest);
    if (number !== undefined) {
      this.#passTo(number + 1);
      this.#ourRows = 0;
      return { type: "same", number };
    }
    const wanted = Math.min(this.#ourRows + rows, mostAhead) + lookAhead;
    const ahead = this.#rowsKnown - this.#rowsPassed;
    if (digest !== undefined && !this.#isOver && ahead < wanted) return { type: "unknown" };
    this.#ourRows += rows;
    return { type: "different" };
  }

  #passTo(next: number): void {
    for (; this.#next < next; this.#next++) {
      const { rows, digest } = this.#known.get(this.#next)!;
      this.#known.delete(this.#next);
      this.#rowsPassed += rows;
      if (digest !== undefined && this.#numbers.get(digest) === this.#next)
        this.#numbers.delete(digest);
    }
  }
}
