import type { Around, Difference } from "./difference.ts";
import type { FileEntry } from "./entry.ts";
import type { RelPath } from "./path.ts";
import type { Aspect } from "./plan.ts";
import type { SnapshotChunk } from "./snapshot.ts";
import { capacityOf, copyRow, findingAt, newChunk } from "./snapshot.ts";

type Check = Extract<Difference, { type: "check" }>;

/** Where a pair of rows stands now. */
export interface PairRows {
  readonly source: SnapshotChunk;
  readonly sourceRow: number;
  readonly target: SnapshotChunk;
  readonly targetRow: number;
}

/**
 * Rows kept until the content of both files has been read, as columns: most turn out equal, and never become objects.
 * `rows` is a store to go on with, or one that is full; {@link roomyRows} gives the right one.
 */
export interface CheckRows {
  readonly source: SnapshotChunk;
  readonly target: SnapshotChunk;
}

const rowsTogether = 256;

export function roomyRows(rows: CheckRows | undefined): CheckRows {
  if (rows !== undefined && rows.source.count < capacityOf(rows.source)) return rows;
  return { source: newChunk(rowsTogether), target: newChunk(rowsTogether) };
}

/** Copies a pair of rows and stands for it. A class, since 80 000 objects with getters of their own take a fifth of a second. */
export class KeptCheck implements Check {
  readonly type = "check";
  readonly path: RelPath;
  readonly size: number;
  readonly isLinked: boolean;
  readonly aspects: readonly Aspect[];
  readonly around: Around | undefined;
  readonly #rows: CheckRows;
  readonly #row: number;

  constructor(
    rows: CheckRows,
    pair: PairRows,
    path: RelPath,
    aspects: readonly Aspect[],
    around: Around | undefined,
  ) {
    const row = copyRow(pair.source, pair.sourceRow, rows.source);
    copyRow(pair.target, pair.targetRow, rows.target);
    this.path = path;
    this.size = rows.source.size[row]!;
    this.isLinked = rows.source.nlink[row]! > 1 || rows.target.nlink[row]! > 1;
    this.aspects = aspects;
    this.around = around;
    this.#rows = rows;
    this.#row = row;
  }

  get source(): FileEntry {
    return findingAt(this.#rows.source, this.#row) as FileEntry;
  }

  get target(): FileEntry {
    return findingAt(this.#rows.target, this.#row) as FileEntry;
  }
}
