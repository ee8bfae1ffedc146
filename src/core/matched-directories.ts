import type { Cursor } from "./cursor.ts";
import type { Around } from "./difference.ts";
import type { DirectoryEntry } from "./entry.ts";
import type { RelPath } from "./path.ts";
import { joinPath } from "./path.ts";
import type { SnapshotChunk } from "./snapshot.ts";
import { findingAt, nameAt } from "./snapshot.ts";

/** The directories of both replicas that hold what is being compared. They become objects only where they are spoken of. */
export interface Matches {
  /** Path of the directory at depth 0. */
  readonly top: RelPath;
  /** By depth: what stands for the latest matched directory in what is said of its inside. */
  readonly around: (Around | undefined)[];
  /** By depth: whether the latest directory is one of both replicas, and where its rows are. */
  readonly matched: boolean[];
  readonly rows: MatchedRows[];
}

/** The rows of a directory of both replicas. One cursor may have left it for its next sibling while the other is inside. */
interface MatchedRows {
  source: SnapshotChunk;
  sourceRow: number;
  target: SnapshotChunk;
  targetRow: number;
}

export function newMatches(top: RelPath): Matches {
  return { top, around: [], matched: [], rows: [] };
}

export function noteMatch(matches: Matches, depth: number, source: Cursor, target: Cursor): void {
  // Whatever was matched further down was inside a directory that both have left.
  matches.matched.length = depth + 1;
  const rows = (matches.rows[depth] ??= {
    source: source.chunk,
    sourceRow: 0,
    target: target.chunk,
    targetRow: 0,
  });
  rows.source = source.chunk;
  rows.sourceRow = source.row;
  rows.target = target.chunk;
  rows.targetRow = target.row;
}

/** The directory of both replicas that holds a row of that depth, if there is one; one object for all that is in it. */
export function aroundOf(matches: Matches, depth: number): Around | undefined {
  const parent = depth - 1;
  return parent < 0 || matches.matched[parent] !== true ? undefined : aroundAt(matches, parent);
}

function aroundAt(matches: Matches, depth: number): Around {
  const known = matches.around[depth];
  if (known !== undefined) return known;
  const { source, sourceRow, target, targetRow } = matches.rows[depth]!;
  const around: Around = {
    path:
      depth === 0
        ? matches.top
        : joinPath(aroundAt(matches, depth - 1).path, nameAt(source, sourceRow)),
    source: findingAt(source, sourceRow) as DirectoryEntry,
    target: findingAt(target, targetRow) as DirectoryEntry,
  };
  matches.around[depth] = around;
  return around;
}

/** Keeps what is known of matched directories with rows in a chunk whose memory may be used for another one. */
export function keepMatches(matches: Matches, chunk: SnapshotChunk): void {
  // Behind the first depth that is not matched, nothing is inside a directory of both.
  for (let depth = 0; matches.matched[depth] === true; depth++) {
    const { source, target } = matches.rows[depth]!;
    if (source === chunk || target === chunk) aroundAt(matches, depth);
  }
}
