import type { RelPath } from "../../core/path.ts";
import { parentPath, rootPath } from "../../core/path.ts";
import type { Action } from "../../core/plan.ts";

/**
 * Keeps actions in order where that matters, so that the others need not wait for each other's answers: what makes, removes
 * or finishes something waits for what was to be done before at the same path, above it or below it. Everything else waits
 * for all that came before, and all that comes after waits for it.
 */
export class Order {
  readonly #at = new Map<RelPath, Promise<void>>();
  readonly #below = new Map<RelPath, Set<Promise<void>>>();
  readonly #running = new Set<Promise<void>>();
  #barrier: Promise<void> = Promise.resolve();

  /** Begins an action when its turn has come. `work` never rejects. */
  add(action: Action, work: () => Promise<void>): void {
    const isLocal = waitsForNeighbours.has(action.type);
    const before = isLocal ? this.#neighbours(action.path) : [...this.#running];
    const running = Promise.all([this.#barrier, ...before]).then(work);
    this.#running.add(running);
    if (!isLocal) this.#barrier = running;
    this.#note(action.path, running);
    void running.then(() => this.#forget(action.path, running));
  }

  /** Resolves when everything is over. */
  async idle(): Promise<void> {
    await Promise.all(this.#running);
  }

  #neighbours(path: RelPath): Promise<void>[] {
    const out = [...(this.#below.get(path) ?? [])];
    for (let at = path; ; at = parentPath(at)) {
      const there = this.#at.get(at);
      if (there !== undefined) out.push(there);
      if (at === rootPath) return out;
    }
  }

  #note(path: RelPath, running: Promise<void>): void {
    this.#at.set(path, running);
    for (let at = path; at !== rootPath;) {
      at = parentPath(at);
      const below = this.#below.get(at);
      if (below === undefined) this.#below.set(at, new Set([running]));
      else below.add(running);
    }
  }

  #forget(path: RelPath, running: Promise<void>): void {
    this.#running.delete(running);
    if (this.#at.get(path) === running) this.#at.delete(path);
    for (let at = path; at !== rootPath;) {
      at = parentPath(at);
      const below = this.#below.get(at);
      below?.delete(running);
      if (below?.size === 0) this.#below.delete(at);
    }
  }
}

/** What has to do with nothing but its own path and those above and below. */
const waitsForNeighbours: ReadonlySet<Action["type"]> = new Set([
  "make-directory",
  "remove",
  "remove-leftover",
  "finish-directory",
]);
