import type {
  DirectoryEntry,
  Entry,
  FileEntry,
  Leaf,
  SpecialEntry,
  SymlinkEntry,
} from "./entry.ts";
import type { RelPath } from "./path.ts";
import type { Problem } from "./problem.ts";

/** What of an entry is not as it should be. */
export type Aspect =
  | "kind"
  | "content"
  | "times"
  | "mode"
  | "owner"
  | "group"
  | "xattrs"
  | "link-target"
  | "device"
  | "links";

/**
 * One instruction to one target. `expected` is what must still stand at `path` when the action is carried out, or
 * `undefined` where nothing may; `entry` is what shall stand there, as the source had it when it was scanned.
 *
 * A directory's own metadata comes last (`finish-directory`), since everything done inside it moves its times.
 */
export type Action =
  | {
      readonly type: "make-directory";
      readonly path: RelPath;
      readonly expected: Entry | undefined;
      readonly entry: DirectoryEntry;
    }
  | {
      readonly type: "put-file";
      /** Where the source has the content, if not at `path`. */
      readonly content?: RelPath;
      readonly path: RelPath;
      readonly expected: Entry | undefined;
      readonly entry: FileEntry;
    }
  | {
      readonly type: "put-symlink";
      readonly path: RelPath;
      readonly expected: Entry | undefined;
      readonly entry: SymlinkEntry;
    }
  | {
      readonly type: "put-special";
      readonly path: RelPath;
      readonly expected: Entry | undefined;
      readonly entry: SpecialEntry;
    }
  /** Makes `path` a further name of the file at `from`, which an earlier action, or none, has put right. */
  | {
      readonly type: "link";
      readonly path: RelPath;
      readonly from: RelPath;
      readonly expected: Entry | undefined;
      readonly entry: Leaf;
    }
  | {
      readonly type: "set-metadata";
      readonly path: RelPath;
      readonly expected: Entry;
      readonly entry: Entry;
      readonly aspects: readonly Aspect[];
    }
  /**
   * Renames what stands at `from`, with everything below it. `expected` is what it replaces at `path`; never a directory,
   * and nothing where a directory moves. `from` is where the entry stands when the action's turn has come, which an
   * earlier move may have brought about; `origin` is where it stood before the run, where that says more to people.
   */
  | {
      readonly type: "move";
      readonly path: RelPath;
      readonly from: RelPath;
      readonly origin?: RelPath;
      readonly expected: Leaf | undefined;
      /** What stands at `from`. */
      readonly entry: Entry;
      readonly carries: Carried;
    }
  /** Swaps what stands at two names, neither of which is inside the other. */
  | {
      readonly type: "exchange";
      readonly path: RelPath;
      readonly from: RelPath;
      /** What stands at `path`. */
      readonly expected: Entry;
      /** What stands at `from`. */
      readonly entry: Entry;
      readonly carries: Carried;
    }
  /** Makes a file at `path` from the content that the target itself has at `from`. */
  | {
      readonly type: "copy-file";
      readonly path: RelPath;
      readonly from: RelPath;
      readonly expected: Entry | undefined;
      readonly entry: FileEntry;
      /** What stands at `from`. */
      readonly original: FileEntry;
    }
  | { readonly type: "remove"; readonly path: RelPath; readonly expected: Entry }
  /** Removes what a killed run left behind: not counted, not shown. */
  | { readonly type: "remove-leftover"; readonly path: RelPath; readonly isDirectory: boolean }
  /**
   * Sets a directory's metadata when everything below it is done. With `expected` undefined the directory is new. `shown`
   * is false where it merely restores what work inside the directory has moved.
   */
  | {
      readonly type: "finish-directory";
      readonly path: RelPath;
      readonly expected: DirectoryEntry | undefined;
      readonly entry: DirectoryEntry;
      readonly aspects: readonly Aspect[];
      readonly shown: boolean;
    };

export type ActionType = Action["type"];

/** What a rename brings to where the source has it. */
export interface Carried {
  /** Entries that are in their place with it: 0 where a name is merely freed, 2 where both of an exchange are. */
  readonly entries: 0 | 1 | 2;
  /** Bytes of file content, that of everything below included, which need not be sent. */
  readonly bytes: number;
}

/** Counts of a plan or of a finished run, entries of every kind, directories included. */
export interface Totals {
  readonly created: number;
  readonly updated: number;
  readonly moved: number;
  readonly copied: number;
  readonly deleted: number;
  readonly metadata: number;
  /** Bytes of file content to be written, or written. */
  readonly bytes: number;
  /** Bytes of file content that are in the target already, and are moved or copied there. */
  readonly bytesAvoided: number;
  readonly deletedBytes: number;
}

/**
 * The phases of a plan, in the order in which they are carried out. Nothing is removed before everything else is in
 * place; only a non-directory that has to take a directory's name waits for what is below that directory to be gone.
 */
export interface Phases {
  /** In this order: each name is free, and each directory there, when it is needed. */
  readonly moves: readonly Action[];
  /** Parents before children. */
  readonly directories: readonly Action[];
  /** Any order, in parallel. */
  readonly content: readonly Action[];
  /** Any order, in parallel. */
  readonly metadata: readonly Action[];
  /** When the files that they point to have the content and the metadata by which they are recognised. */
  readonly links: readonly Action[];
  /** Deepest first. */
  readonly removals: readonly Action[];
  /** Where a directory had to go first. */
  readonly replacements: readonly Action[];
  readonly replacementLinks: readonly Action[];
  /** Deepest first. */
  readonly finishing: readonly Action[];
}

export const phaseNames: readonly (keyof Phases)[] = [
  "moves",
  "directories",
  "content",
  "metadata",
  "links",
  "removals",
  "replacements",
  "replacementLinks",
  "finishing",
];

export interface Plan {
  readonly phases: Phases;
  readonly totals: Totals;
  /** Entries seen in the source. */
  readonly checked: number;
  /** Entries that the target holds, the root not counted. */
  readonly targetEntries: number;
  /** Entries left out by filters or link mode. */
  readonly skipped: number;
  readonly problems: readonly Problem[];
  readonly concerns: Concerns;
}

/** What was noticed on the way and guards have to judge. */
export interface Concerns {
  /** Names that the target would take for another one: path and that other one. */
  readonly folded: readonly (readonly [RelPath, RelPath])[];
  /** Directories of one replica that are the root of the other one. */
  readonly nested: readonly RelPath[];
}

/** All actions in the order in which they are carried out. */
export function* actionsOf(plan: Plan): Generator<Action> {
  for (const name of phaseNames) yield* plan.phases[name];
}

/** What an action is called in summaries and on screens; `undefined` for housekeeping that nobody is shown. */
export type ActionLabel =
  | "create"
  | "update"
  | "move"
  | "exchange"
  | "copy"
  | "delete"
  | "metadata"
  | "mkdir";

export function labelOf(action: Action): ActionLabel | undefined {
  switch (action.type) {
    case "make-directory":
      return action.expected === undefined ? "mkdir" : "update";
    case "put-file":
    case "put-symlink":
    case "put-special":
    case "link":
      return action.expected === undefined ? "create" : "update";
    case "move":
      return action.carries.entries === 0 ? undefined : "move";
    case "exchange":
      return "exchange";
    case "copy-file":
      return "copy";
    case "set-metadata":
      return "metadata";
    case "remove":
      return "delete";
    case "finish-directory":
      return action.shown ? "metadata" : undefined;
    case "remove-leftover":
      return undefined;
  }
}
