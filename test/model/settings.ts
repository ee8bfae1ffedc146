/** Filters, troubles and other circumstances that fast-check makes up, each with a plain way to say what it means. */
import * as fc from "fast-check";

import type { Filter } from "../../src/core/filter.ts";
import { noFilter } from "../../src/core/filter.ts";
import type { SnapshotChunk } from "../../src/core/snapshot.ts";
import { findingAt, nameAt, newChunk, pushFinding } from "../../src/core/snapshot.ts";
import { bytes } from "./findings.ts";
import type { Expected } from "./oracle.ts";
import type { Name } from "../../src/core/path.ts";
import type { Fact, ModelDirectory, ModelFile } from "./tree.ts";
import { factsOf } from "./tree.ts";

type Excludes = (path: string, isDirectory: boolean) => boolean;

const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** Gitignore patterns beside what they mean. */
const patterns: readonly (readonly [pattern: string, excludes: Excludes])[] = [
  ["b", (path) => nameOf(path) === "b"],
  ["/a", (path) => path === "a"],
  ["c/", (path, isDirectory) => isDirectory && nameOf(path) === "c"],
  ["a/b", (path) => path === "a/b"],
  ["a.*", (path) => nameOf(path).startsWith("a.")],
];

export interface FilterCase {
  readonly filter: Filter;
  readonly isExcluded: Excludes;
}

export function filters(): fc.Arbitrary<FilterCase> {
  return fc.subarray([...patterns], { maxLength: 2 }).map((chosen) => ({
    filter: {
      ...noFilter,
      rules: chosen.map(([pattern]) => ({ pattern: bytes(pattern), origin: "test" })),
    },
    isExcluded: (path, isDirectory) =>
      path !== "" && chosen.some(([, excludes]) => excludes(path, isDirectory)),
  }));
}

/** A source with an ignore file in one of its directories, and what that excludes. */
export interface IgnoreCase {
  readonly source: ModelDirectory;
  readonly isExcluded: Excludes;
}

/** Puts an ignore file with those patterns into the root, or into a directory of that name in it. */
export function withIgnoreFile(
  source: ModelDirectory,
  { filter, isExcluded }: FilterCase,
  at: string,
): IgnoreCase {
  const name = bytes(at) as string as Name;
  const dir = at === "" ? source : source.children.get(name);
  if (dir?.kind !== "directory") return { source, isExcluded: () => false };
  const content = bytes(filter.rules.map(({ pattern }) => `${pattern}\n`).join(""));
  const file: ModelFile = {
    ...plainRoot,
    kind: "file",
    mtime: 1_400_000_000_000_000_000n + BigInt(content.length),
    content,
    group: undefined,
  };
  const changed = { ...dir, children: new Map([...dir.children, [ignoreFile, file]]) };
  return {
    source:
      at === "" ? changed : { ...source, children: new Map([...source.children, [name, changed]]) },
    isExcluded: (path, isDirectory) =>
      at === ""
        ? isExcluded(path, isDirectory)
        : path.startsWith(`${at}/`) && isExcluded(path.slice(at.length + 1), isDirectory),
  };
}

const ignoreFile = bytes(".gitignore") as string as Name;

/** Some of the paths of a tree, never its root. */
export function somePaths(tree: ModelDirectory, choices: readonly number[]): string[] {
  const facts = factsOf(tree).filter(({ path }) => path !== "");
  return facts.length === 0 ? [] : choices.map((choice) => facts[choice % facts.length]!.path);
}

/** {@link somePaths}, each with all other names of its file. */
export function someFiles(tree: ModelDirectory, choices: readonly number[]): string[] {
  const facts = factsOf(tree).filter(({ path }) => path !== "");
  if (facts.length === 0) return [];
  return choices.flatMap((choice) => {
    const { path, group } = facts[choice % facts.length]!;
    return group === "" ? path : facts.filter((fact) => fact.group === group).map((f) => f.path);
  });
}

/**
 * Holds what is there against what was predicted: one line for each entry that is missing, extra or different. Groups are
 * compared among the entries that the source has given.
 */
export function differencesFrom(
  expected: readonly Expected[],
  found: readonly Fact[],
  except: readonly (keyof Fact)[] = [],
): string[] {
  const facts = new Map(found.map((fact) => [fact.path, fact]));
  const out: string[] = [];
  const groups = groupsOf(expected, facts);
  for (const { path, node, origin } of expected) {
    const fact = facts.get(path);
    facts.delete(path);
    if (fact === undefined) {
      out.push(`${path}: missing`);
      continue;
    }
    const {
      path: _path,
      group: _group,
      ...wanted
    } = factsOf({
      ...plainRoot,
      children: new Map([[bytes("x") as never, node]]),
    })[1]!;
    for (const [key, value] of Object.entries(wanted)) {
      if (except.includes(key as keyof Fact)) continue;
      if (key === "mtime" && origin === "emptied") continue;
      const is = fact[key as keyof Fact];
      if (is !== value) out.push(`${path}: ${key} is ${is}, not ${value}`);
    }
  }
  out.push(...[...facts.keys()].map((path) => `${path}: extra`));
  if (!except.includes("group")) out.push(...groups);
  return out;
}

const plainRoot: ModelDirectory = {
  kind: "directory",
  mode: 0o755,
  uid: 0,
  gid: 0,
  mtime: 0n,
  xattrs: [],
  children: new Map(),
};

function groupsOf(expected: readonly Expected[], facts: ReadonlyMap<string, Fact>): string[] {
  const files = expected.flatMap(({ path, node, origin }) =>
    origin === "source" && node.kind === "file" ? [{ path, group: node.group }] : [],
  );
  const out: string[] = [];
  for (const [i, a] of files.entries()) {
    for (const b of files.slice(i + 1)) {
      const shall = a.group !== undefined && a.group === b.group;
      const groupOfA = facts.get(a.path)?.group;
      const are =
        groupOfA !== undefined && groupOfA !== "" && groupOfA === facts.get(b.path)?.group;
      if (shall !== are) out.push(`${a.path} and ${b.path}: ${shall ? "two files" : "one file"}`);
    }
  }
  return out;
}

/** The same rows in chunks of other sizes, with empty chunks in between. */
export async function* rechunked(
  chunks: AsyncIterable<SnapshotChunk>,
  rows: number,
): AsyncGenerator<SnapshotChunk> {
  let out = newChunk(rows);
  for await (const chunk of chunks) {
    for (let row = 0; row < chunk.count; row++) {
      if (out.count === rows) {
        yield out;
        yield newChunk(1);
        out = newChunk(rows);
      }
      const at = out.count;
      pushFinding(out, chunk.depth[row]!, nameAt(chunk, row), findingAt(chunk, row));
      const extra = chunk.extras.get(row);
      if (extra === undefined) continue;
      out.flags[at] = chunk.flags[row]!;
      out.extras.set(at, extra);
    }
  }
  yield out;
}
