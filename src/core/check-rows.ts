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

/** Rows kept until the content of both files has been read, as columns: most turn out equal, and never become objects. */
export interface CheckRows {
  keep(
    rows: PairRows,
    path: RelPath,
    aspects: readonly Aspect[],
    around: Around | undefined,
  ): Check;
}

const rowsTogether = 256;

export function newCheckRows(): CheckRows {
  let sources = newChunk(0);
  let targets = newChunk(0);
  return {
    keep(rows, path, aspects, around) {
      if (sources.count === capacityOf(sources)) {
        sources = newChunk(rowsTogether);
        targets = newChunk(rowsTogether);
      }
      const [keptSources, keptTargets] = [sources, targets];
      const row = copyRow(rows.source, rows.sourceRow, sources);
      copyRow(rows.target, rows.targetRow, targets);
      return {
        type: "check",
        path,
        size: sources.size[row]!,
        isLinked: sources.nlink[row]! > 1 || targets.nlink[row]! > 1,
        aspects,
        around,
        get source() {
          return findingAt(keptSources, row) as FileEntry;
        },
        get target() {
          return findingAt(keptTargets, row) as FileEntry;
        },
      };
    },
  };
}
