import type { TreeEntry } from "./trees.ts";
import { MOMENT } from "./trees.ts";

/** What a name can be; `device` is for root. */
export const KINDS = [
  "absent",
  "file",
  "empty-dir",
  "full-dir",
  "symlink",
  "fifo",
  "socket",
  "device",
  "hard-link",
] as const;
export type Kind = (typeof KINDS)[number];

/** What the portable driver cannot make. */
export const NODES: readonly Kind[] = ["fifo", "socket", "device"];

/** One name of one kind; `age` makes the two sides differ where the kind is the same. */
export function grow(path: string, kind: Kind, age: number): TreeEntry[] {
  // More than a second apart, for those that keep whole ones.
  const mtime = MOMENT + BigInt(age) * 1_001_000_000n;
  switch (kind) {
    case "absent":
      return [];
    case "file":
      return [{ path, kind: "file", content: `content ${age}`, mtime, mode: 0o600 + age }];
    case "empty-dir":
      return [{ path, kind: "directory", mtime, mode: 0o700 + age }];
    case "full-dir":
      return [
        { path, kind: "directory", mtime, mode: age === 1 ? 0o500 : 0o2750 },
        { path: `${path}/common`, kind: "file", content: `${age}`, mtime },
        { path: `${path}/only-${age}`, kind: "file", content: "x" },
        { path: `${path}/deep`, kind: "directory", mode: 0o555 },
        { path: `${path}/deep/er`, kind: "directory", mode: 0o500, mtime },
        { path: `${path}/deep/er/link`, kind: "symlink", target: `../../${age}` },
      ];
    case "symlink":
      return [{ path, kind: "symlink", target: `target-${age}`, mtime }];
    case "fifo":
      return [{ path, kind: "fifo", mtime, mode: 0o600 + age }];
    case "socket":
      return [{ path, kind: "socket", mtime, mode: 0o600 + age }];
    case "device":
      return [{ path, kind: "char", rdev: [1, 3 + age], mtime, mode: 0o600 + age }];
    case "hard-link":
      // The other name of the group stands before it, after it, and in another directory.
      return [
        { path, kind: "file", content: `linked ${age}`, mtime },
        { path: `${path}~after`, kind: "link", target: path },
        { path: `0-before/${path.replace("/", "-")}`, kind: "link", target: path },
      ];
  }
}

/** Every kind over every kind: a name for each pair, in one tree for each side. */
export function pairs(
  kinds: readonly Kind[],
  prefix: string,
): { old: TreeEntry[]; now: TreeEntry[] } {
  const both = kinds.flatMap((from) => kinds.map((to): [Kind, Kind] => [from, to]));
  const tree = (age: number): TreeEntry[] => [
    { path: "0-before", kind: "directory" },
    ...(prefix === "" ? [] : [{ path: prefix.slice(0, -1), kind: "directory" } as const]),
    ...both.flatMap(([from, to]) => grow(`${prefix}${from} to ${to}`, age === 1 ? from : to, age)),
  ];
  return { old: tree(1), now: tree(2) };
}
