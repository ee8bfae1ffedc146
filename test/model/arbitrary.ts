/** Trees that fast-check makes up: every kind of entry, few names so that two trees overlap, and names nobody expects. */
import * as fc from "fast-check";

import type { ByteString } from "../../src/base/byte-string.ts";
import type { Name } from "../../src/core/path.ts";
import type { ModelDirectory, ModelFile, ModelNode, SpecialKind } from "./tree.ts";

export interface TreeOptions {
  /** Size and mtime say what the content is, as they do in a world without accidents. */
  readonly honestTimes: boolean;
  readonly owners: boolean;
  readonly xattrs: boolean;
  readonly specials: readonly SpecialKind[];
  readonly symlinks: boolean;
  readonly hardlinks: boolean;
  /** Modes that keep even the owner out, unless that is root. */
  readonly harshModes: boolean;
  /** All files have one size and one time, and most share few files, so that only content tells them apart. */
  readonly alike?: boolean;
}

export const everyKind: TreeOptions = {
  honestTimes: true,
  owners: true,
  xattrs: true,
  specials: ["fifo", "socket", "block-device", "character-device"],
  symlinks: true,
  hardlinks: true,
  harshModes: true,
};

/** Sorted they show whether `/` counts as the smallest byte, and whether bytes or characters are compared. */
const plainNames = ["a", "b", "c", "a.b", "a-b"];
const nastyNames = [
  "a b",
  "A",
  "-rf",
  "new\nline",
  "\u00ff\u00fe",
  "\u00c3\u00a9",
  "e\u00cc\u0081",
  "*",
  "\u0001",
];

export function names(): fc.Arbitrary<Name> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...plainNames) },
    { weight: 1, arbitrary: fc.constantFrom(...nastyNames) },
  ) as fc.Arbitrary<Name>;
}

const contents = ["", "1", "2", "33", "4".repeat(5000)] as ByteString[];
const moments = [
  0n,
  -1n,
  1_600_000_000_123_456_789n,
  1_600_000_000_123_457_789n,
  4_102_444_800_000_000_001n,
] as const;

export interface TreePair {
  readonly source: ModelDirectory;
  readonly target: ModelDirectory;
}

/** An entry of one tree or of both, alike or not. */
interface Planned {
  readonly path: readonly Name[];
  readonly where: "alike" | "different" | "source" | "target";
  readonly node: ModelNode;
  readonly other: ModelNode;
}

/** Two trees that have much in common. */
export function treePairs(options: TreeOptions = everyKind): fc.Arbitrary<TreePair> {
  const root = directories(options);
  return fc
    .record({ entries: plans(options), source: root, target: root })
    .map(({ entries, source, target }) => ({
      source: grow(source, entries, "source"),
      target: grow(target, entries, "target"),
    }));
}

export function trees(options: TreeOptions = everyKind): fc.Arbitrary<ModelDirectory> {
  return treePairs(options).map(({ source }) => source);
}

function plans(options: TreeOptions): fc.Arbitrary<Planned[]> {
  const node = nodes(options);
  const planned = fc.record({
    path: fc.array(names(), { minLength: 1, maxLength: 4, size: "max" }),
    where: fc.constantFrom<Planned["where"]>("alike", "different", "source", "target"),
    node,
    other: node,
  });
  return fc.array(planned, { maxLength: 16, size: "max" });
}

/** Builds the tree of one replica: an entry whose place is taken, or lies in what is no directory, is left out. */
function grow(
  root: ModelDirectory,
  entries: readonly Planned[],
  side: "source" | "target",
): ModelDirectory {
  const top = { ...root, children: new Map<Name, ModelNode>() };
  const opposite = side === "source" ? "target" : "source";
  for (const { path, where, node, other } of entries) {
    if (where === opposite) continue;
    const chosen = where === "different" && side === "target" ? other : node;
    let dir: Map<Name, ModelNode> | undefined = top.children;
    for (const name of path.slice(0, -1)) {
      if (!dir.has(name)) dir.set(name, { ...plainDirectory, children: new Map() });
      const next: ModelNode = dir.get(name)!;
      dir = next.kind === "directory" ? (next.children as Map<Name, ModelNode>) : undefined;
      if (dir === undefined) break;
    }
    const name = path.at(-1)!;
    if (dir === undefined || dir.has(name)) continue;
    dir.set(name, chosen.kind === "directory" ? { ...chosen, children: new Map() } : chosen);
  }
  return shareGroups(top);
}

/** Whoever runs the tests. */
const self = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };

const plainDirectory = {
  kind: "directory",
  mode: 0o755,
  ...self,
  mtime: 1_500_000_000_000_000_000n,
  xattrs: [],
} as const;

function nodes(options: TreeOptions): fc.Arbitrary<ModelNode> {
  return fc.oneof(
    { weight: 6, arbitrary: files(options) },
    { weight: 3, arbitrary: directories(options) },
    ...(options.symlinks ? [{ weight: 1, arbitrary: symlinks(options) }] : []),
    ...(options.specials.length > 0 ? [{ weight: 1, arbitrary: specials(options) }] : []),
  );
}

function directories(options: TreeOptions): fc.Arbitrary<ModelDirectory> {
  return commons(options, [0o755, 0o700, 0o500, 0o2775, 0o1777, 0o0]).map((common) => ({
    kind: "directory",
    ...common,
    children: new Map(),
  }));
}

function files(options: TreeOptions): fc.Arbitrary<ModelFile> {
  return fc
    .record({
      common: commons(options, [0o644, 0o600, 0o755, 0o4711, 0o6755, 0o0]),
      version: options.alike === true ? fc.constantFrom(1, 2) : fc.nat(contents.length - 1),
      touched: fc.nat(3),
      group: options.hardlinks
        ? fc.oneof(
            { weight: options.alike === true ? 1 : 4, arbitrary: fc.constant(undefined) },
            { weight: 3, arbitrary: fc.nat(2) },
          )
        : fc.constant(undefined),
    })
    .map(({ common, version, touched, group }) => ({
      kind: "file",
      ...common,
      content: contents[version]!,
      // Touched files of one version are apart by a nanosecond and by a microsecond; versions by hours.
      ...(options.alike === true && { mtime: moments[0] }),
      ...(options.honestTimes && {
        mtime: moments[2] + BigInt(version) * 3_600_000_000_000n + [0n, 0n, 1n, 1000n][touched]!,
      }),
      group,
    }));
}

function symlinks(options: TreeOptions): fc.Arbitrary<ModelNode> {
  return fc
    .record({
      common: commons(options, [0o777]),
      linkTarget: fc.constantFrom("a", "../b", "/etc/passwd", "a/../..", "nowhere\u00ff"),
    })
    .map(({ common, linkTarget }) => ({
      kind: "symlink",
      ...common,
      xattrs: [],
      linkTarget: linkTarget as ByteString,
    }));
}

function specials(options: TreeOptions): fc.Arbitrary<ModelNode> {
  return fc
    .record({
      common: commons(options, [0o600, 0o666]),
      kind: fc.constantFrom(...options.specials),
      rdev: fc.constantFrom(0x103, 0x105),
    })
    .map(({ common, kind, rdev }) => ({
      kind,
      ...common,
      xattrs: [],
      rdev: kind.endsWith("device") ? rdev : 0,
    }));
}

function commons(
  { owners, xattrs, harshModes }: TreeOptions,
  modes: readonly number[],
): fc.Arbitrary<Pick<ModelNode, "mode" | "uid" | "gid" | "mtime" | "xattrs">> {
  const owner = owners
    ? fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.constant(12_345))
    : undefined;
  const some = [
    [],
    [["user.note", "1"]],
    [["user.note", "2"]],
    [
      ["system.posix_acl_access", "acl"],
      ["user.note", "1"],
    ],
  ] as unknown as ModelNode["xattrs"][];
  return fc.record({
    mode: fc.constantFrom(...modes.filter((mode) => harshModes || (mode & 0o400) !== 0)),
    uid: owner ?? fc.constant(self.uid),
    gid: owner ?? fc.constant(self.gid),
    mtime: fc.constantFrom(...moments),
    xattrs: xattrs
      ? fc.oneof({ weight: 3, arbitrary: fc.constant(some[0]!) }, fc.constantFrom(...some))
      : fc.constant([]),
  });
}

/** Makes the files of a group one file: all are what the first of them is. */
function shareGroups(root: ModelDirectory): ModelDirectory {
  const first = new Map<number, ModelFile>();
  const visit = (node: ModelNode): ModelNode => {
    if (node.kind === "directory") {
      const children = [...node.children.keys()]
        .sort()
        .map((name) => [name, visit(node.children.get(name)!)] as const);
      return { ...node, children: new Map(children) };
    }
    if (node.kind !== "file" || node.group === undefined) return node;
    if (!first.has(node.group)) first.set(node.group, node);
    return first.get(node.group)!;
  };
  return visit(root) as ModelDirectory;
}
