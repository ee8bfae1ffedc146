import { setTimeout as delay } from "node:timers/promises";

import type { Pace } from "../ssh/pace.ts";

/**
 * Keeps the bytes that are under way below a limit, and lets them in no faster than a pace. One who asks for more than the limit
 * gets it when he is alone.
 */
export class Gate {
  #limit: number;
  readonly #pace: Pace | undefined;
  #taken = 0;
  readonly #waiting: { readonly bytes: number; readonly go: () => void }[] = [];

  constructor(limit: number, pace?: Pace) {
    this.#limit = limit;
    this.#pace = pace;
  }

  /** Resolves when the bytes are the caller's, who has to {@link leave} with them; `undefined` where that is at once. */
  enter(bytes: number): Promise<void> | undefined {
    const wait = this.#pace?.waitFor(bytes) ?? 0;
    return wait > 0 ? delay(wait).then(() => this.#enter(bytes)) : this.#enter(bytes);
  }

  #enter(bytes: number): Promise<void> | undefined {
    if (this.#waiting.length === 0 && this.#fits(bytes)) {
      this.#taken += bytes;
      return undefined;
    }
    return new Promise((go) => {
      this.#waiting.push({ bytes, go });
    });
  }

  leave(bytes: number): void {
    this.#taken -= bytes;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (!this.#fits(next.bytes)) return;
      this.#waiting.shift();
      this.#taken += next.bytes;
      next.go();
    }
  }

  /** From now on nobody waits. */
  open(): void {
    this.#limit = Infinity;
    this.leave(0);
  }

  #fits(bytes: number): boolean {
    return this.#taken === 0 || this.#taken + bytes <= this.#limit;
  }
}
