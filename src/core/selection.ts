import type { Cursor } from "./cursor.ts";
import { currentPath, directoryPathAt } from "./cursor.ts";
import type { Difference } from "./difference.ts";
import type { Filter } from "./filter.ts";
import { compileFilter, isSizeExcluded } from "./filter-matcher.ts";
import type { IgnoreStack } from "./ignore-stack.ts";
import { ignoreStack } from "./ignore-stack.ts";
import type { RelPath } from "./path.ts";
import { joinPath } from "./path.ts";
import type { Preserve } from "./preserve.ts";
import {
  BLOCK_DEVICE,
  CHARACTER_DEVICE,
  DIRECTORY,
  EXCLUDED,
  FIFO,
  FILE,
  LEFTOVER,
  nameAt,
  PROBLEM,
  SOCKET,
  SYMLINK,
} from "./snapshot.ts";
import { foldName } from "./fold.ts";

/** What takes part in a comparison, beyond what the scans have already left out by name. */
export interface SelectionRules {
  readonly preserve: Preserve;
  readonly symlinks: boolean;
  /** Its bounds on size hold here; its rules were applied by the scans and only outrank ignore files. */
  readonly filter: Filter;
  /** Ignore files found in the source hold for what only the target has, too. */
  readonly ignoreFiles: boolean;
  readonly foldsCase: boolean;
}

export interface Selection {
  /** Row kind of the source's current row as it takes part: `EXCLUDED` where it is left alone. */
  sourceKind(cursor: Cursor): number;
  /** The same for a row that only the target has. */
  targetKind(cursor: Cursor): number;
  /** The same for a row that has a twin in the source, whose rules it shares unless one of the two is a directory. */
  twinKind(cursor: Cursor, sourceKind: number): number;
  /** Takes note of a source row that takes part. */
  enter(cursor: Cursor, out: Difference[]): void;
}

export function newSelection(rules: SelectionRules): Selection {
  const outermost = ignoreStack(compileFilter(rules.filter));
  /** By depth: the rules in force inside the latest directory of that depth. */
  const ignores: IgnoreStack[] = [];
  /** By depth: names in the latest source directory of that depth, folded, with the path that has each. */
  const folded: Map<string, RelPath>[] = [];

  const unwanted = (cursor: Cursor): boolean => {
    const kind = cursor.chunk.kind[cursor.row]!;
    switch (kind) {
      case FILE:
        return isSizeExcluded(rules.filter, cursor.chunk.size[cursor.row]!);
      case SYMLINK:
        return !rules.symlinks;
      case BLOCK_DEVICE:
      case CHARACTER_DEVICE:
        return !rules.preserve.devices;
      case FIFO:
      case SOCKET:
        return !rules.preserve.specials;
      default:
        return false;
    }
  };

  return {
    sourceKind: (cursor) => (unwanted(cursor) ? EXCLUDED : cursor.chunk.kind[cursor.row]!),

    targetKind(cursor) {
      const { chunk, row, depth } = cursor;
      const kind = chunk.kind[row]!;
      if (unwanted(cursor)) return EXCLUDED;
      if (!rules.ignoreFiles || depth === 0) return kind;
      const stack = ignores[depth - 1] ?? outermost;
      if (kind === DIRECTORY) ignores[depth] = stack;
      return stack.excludes(currentPath(cursor), kind === DIRECTORY) ? EXCLUDED : kind;
    },

    twinKind(cursor, sourceKind) {
      const { chunk, row, depth } = cursor;
      const kind = chunk.kind[row]!;
      const isDirectory = kind === DIRECTORY;
      if (!rules.ignoreFiles || isDirectory === (sourceKind === DIRECTORY)) return kind;
      if (kind === PROBLEM || kind === LEFTOVER) return kind;
      const stack = ignores[depth - 1] ?? outermost;
      return stack.excludes(currentPath(cursor), isDirectory) ? EXCLUDED : kind;
    },

    enter(cursor, out) {
      const { chunk, row, depth } = cursor;
      const isDirectory = chunk.kind[row] === DIRECTORY;
      if (rules.ignoreFiles) {
        const above = depth === 0 ? outermost : (ignores[depth - 1] ?? outermost);
        // What the target may have below something that is no directory here is under the rules from above.
        ignores[depth] = isDirectory
          ? above.enter(currentPath(cursor), chunk.extras.get(row)?.ignoreRules)
          : above;
      }
      if (!rules.foldsCase) return;
      if (isDirectory) folded[depth] = new Map();
      if (depth === 0) return;
      const siblings = folded[depth - 1];
      const name = nameAt(chunk, row);
      const key = foldName(name);
      const path = joinPath(directoryPathAt(cursor, depth - 1), name);
      const other = siblings?.get(key);
      if (other === undefined) siblings?.set(key, path);
      else out.push({ type: "folded", path, other });
    },
  };
}
