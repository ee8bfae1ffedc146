import type { DirectoryEntry, Entry, FileEntry, Leaf } from "./entry.ts";
import type { HeldTree } from "./held-tree.ts";
import type { RelPath } from "./path.ts";
import type { Aspect } from "./plan.ts";
import type { Problem } from "./problem.ts";

/** A directory that both replicas hold and in which something has to change; shared by all that is said of its inside. */
export interface Around {
  readonly path: RelPath;
  readonly source: DirectoryEntry;
  readonly target: DirectoryEntry;
}

/** What compare says of one path. Paths on which the replicas agree are not spoken of. */
export type Difference =
  | {
      readonly type: "source-only";
      readonly path: RelPath;
      readonly source: Entry;
      readonly around: Around | undefined;
    }
  | {
      readonly type: "target-only";
      readonly path: RelPath;
      readonly target: Entry;
      readonly around: Around | undefined;
    }
  /** A directory that only one of the two has, with everything below it. Spoken of only where trees are held. */
  | {
      readonly type: "source-tree" | "target-tree";
      readonly path: RelPath;
      readonly tree: HeldTree;
      readonly around: Around | undefined;
    }
  | {
      readonly type: "differs";
      readonly path: RelPath;
      readonly source: Entry;
      readonly target: Entry;
      readonly aspects: readonly Aspect[];
      readonly around: Around | undefined;
    }
  /** Nothing seen from outside tells whether the content is equal: it must be read. `aspects` differ besides. */
  | {
      readonly type: "check";
      readonly path: RelPath;
      /** Bytes, of both; and whether either has further names. */
      readonly size: number;
      readonly isLinked: boolean;
      readonly source: FileEntry;
      readonly target: FileEntry;
      readonly aspects: readonly Aspect[];
      readonly around: Around | undefined;
    }
  /** Equal, but a name among several of its file in one replica or the other: the groups have to be equal too. */
  | {
      readonly type: "linked";
      readonly path: RelPath;
      readonly source: Leaf;
      readonly target: Leaf;
      readonly aspects: readonly Aspect[];
      readonly around: Around | undefined;
    }
  /** Something of the target's that stays as it is, whatever happens around it. */
  | { readonly type: "kept"; readonly path: RelPath }
  /** The path could not be read: it and everything below it stays as it is. */
  | { readonly type: "frozen"; readonly problem: Problem }
  | {
      readonly type: "leftover";
      readonly path: RelPath;
      readonly isDirectory: boolean;
      readonly around: Around | undefined;
    }
  /** A directory of one replica is the root of the other one, reached by another way. */
  | { readonly type: "nested"; readonly path: RelPath }
  /** The target would take this name for its sibling `other`. */
  | { readonly type: "folded"; readonly path: RelPath; readonly other: RelPath };

/** What compare counted on its way. */
export interface CompareCounts {
  /** Entries of the source that take part, the root not counted. */
  readonly checked: number;
  /** Entries that the target holds, the root not counted. */
  readonly targetEntries: number;
  /** Entries of the source that were left out: excluded, or of a kind that is not wanted. */
  readonly skipped: number;
}
