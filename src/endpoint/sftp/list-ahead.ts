import type { Scan, ScannedDirectory, ScannedLevel } from "./scan-rows.ts";
import { listLevel } from "./scan-rows.ts";

/** Directories that are listed at once, and rows that are kept until it is their turn. */
const directoriesAtOnce = 48;
const rowsAhead = 100_000;

/**
 * Lists directories before a walk comes to them, several at once, so that it does not wait for an answer in each. What is
 * wanted next is listed next.
 */
export class ListAhead {
  readonly #scan: Scan;
  /** Still to be listed; the last is wanted first. */
  readonly #waiting: ScannedDirectory[] = [];
  #running = 0;
  #rows = 0;
  #isStopped = false;

  constructor(scan: Scan) {
    this.#scan = scan;
  }

  /** What the directory holds; rejects where it cannot be read. */
  async take(directory: ScannedDirectory): Promise<ScannedLevel> {
    const level = await (directory.listing ?? this.#begin(directory));
    this.#rows -= level.rows.length;
    this.#fill();
    return level;
  }

  /** Begins nothing more. */
  stop(): void {
    this.#isStopped = true;
  }

  #begin(directory: ScannedDirectory): Promise<ScannedLevel> {
    this.#running++;
    const listing = this.#list(directory);
    directory.listing = listing;
    // Whoever takes it hears of it.
    listing.catch(() => {});
    return listing;
  }

  async #list(directory: ScannedDirectory): Promise<ScannedLevel> {
    try {
      const scan = this.#scan;
      const level = await scan.run((session) => listLevel({ ...scan, session }, directory));
      this.#rows += level.rows.length;
      for (let i = level.rows.length - 1; i >= 0; i--) {
        const below = level.rows[i]!.directory;
        if (below !== undefined) this.#waiting.push(below);
      }
      return level;
    } finally {
      this.#running--;
      this.#fill();
    }
  }

  #fill(): void {
    while (!this.#isStopped && this.#running < directoriesAtOnce && this.#rows < rowsAhead) {
      const next = this.#waiting.pop();
      if (next === undefined) return;
      if (next.listing === undefined) void this.#begin(next);
    }
  }
}
