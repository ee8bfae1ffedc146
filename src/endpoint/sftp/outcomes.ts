import type { Outcome } from "../endpoint.ts";

/**
 * Outcomes of work that ends in any order, handed out in the order of the actions, as many at once as there are. Whoever
 * carries out the work says what became of each action, and when nothing more will come of any.
 */
export class Outcomes {
  readonly #settled: (Outcome | undefined)[] = [];
  #head = 0;
  #isOver = false;
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;

  /** Throws what has ended everything, if something has. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  settle(index: number, outcome: Outcome): void {
    this.#settled[index] = outcome;
    if (index === this.#head) this.#wake?.();
  }

  /** Ends everything; outcomes that are known come first. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.finish();
  }

  /** Nothing more comes: actions without an outcome were not begun. */
  finish(): void {
    this.#isOver = true;
    this.#wake?.();
  }

  async *read(): AsyncGenerator<Outcome[]> {
    for (;;) {
      const some = this.#take();
      if (some.length > 0) yield some;
      else if (this.#isOver) break;
      else await this.#news();
    }
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** What is settled up to the first that is not; in the end, all that is. */
  #take(): Outcome[] {
    const out: Outcome[] = [];
    for (; this.#head < this.#settled.length; this.#head++) {
      const outcome = this.#settled[this.#head];
      if (outcome !== undefined) out.push(outcome);
      else if (!this.#isOver) break;
      this.#settled[this.#head] = undefined;
    }
    return out;
  }

  #news(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }
}
