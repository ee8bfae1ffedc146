/** Which metadata is kept, and so compared. Symbolic links are handled by {@link LinkMode}. */
export interface Preserve {
  readonly mode: boolean;
  readonly times: boolean;
  readonly owner: boolean;
  readonly group: boolean;
  readonly xattrs: boolean;
  readonly acls: boolean;
  readonly hardlinks: boolean;
  readonly devices: boolean;
  readonly specials: boolean;
}

export const preserveAll: Preserve = {
  mode: true,
  times: true,
  owner: true,
  group: true,
  xattrs: true,
  acls: true,
  hardlinks: true,
  devices: true,
  specials: true,
};

export type PreserveKey = keyof Preserve;

export const preserveKeys: readonly PreserveKey[] = [
  "mode",
  "times",
  "owner",
  "group",
  "xattrs",
  "acls",
  "hardlinks",
  "devices",
  "specials",
];

/** What is done with symbolic links; `safe` skips those that point out of the tree. */
export type LinkMode = "keep" | "follow" | "skip" | "safe";

/** When a file counts as unchanged. */
export type CompareMode = "size+mtime" | "size" | "content";
