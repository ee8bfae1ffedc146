/** What a mirror has to make of two trees, written down a second time and as simply as can be: entry by entry, from the top. */
import type { Name, RelPath } from "../../src/core/path.ts";
import { comparePaths } from "../../src/core/path.ts";
import type { ModelDirectory, ModelNode } from "./tree.ts";
import { childPath } from "./tree.ts";

export interface OracleRules {
  readonly delete: boolean;
  /** What is excluded is removed from the target like everything else that the source does not have. */
  readonly deleteExcluded: boolean;
  readonly isExcluded: (path: string, isDirectory: boolean) => boolean;
  /** Entries of the source that are left alone although no rule excludes them. */
  readonly isUnwantedAtSource: (path: string, node: ModelNode) => boolean;
  /** Entries that only the target has and that are spared although no rule excludes them. */
  readonly isUnwantedAtTarget: (node: ModelNode) => boolean;
  /** Paths that a scan cannot read, if it comes by them. */
  readonly isFrozenAtSource: (path: string) => boolean;
  readonly isFrozenAtTarget: (path: string) => boolean;
}

/** An entry that has to be there afterwards. */
export interface Expected {
  readonly path: string;
  readonly node: ModelNode;
  /** `source`: equal to the source's. `kept`: as the target had it. `emptied`: the same, but its times may have moved. */
  readonly origin: "source" | "kept" | "emptied";
}

export interface Prediction {
  readonly entries: readonly Expected[];
  /** Where the target cannot become what the source is, because of what it has to keep. */
  readonly blocked: readonly string[];
}

export function predict(
  source: ModelDirectory,
  target: ModelDirectory | undefined,
  rules: OracleRules,
): Prediction {
  const entries: Expected[] = [];
  const blocked: string[] = [];

  const excludes = (path: string, node: ModelNode): boolean =>
    rules.isExcluded(path, node.kind === "directory");

  /** Whether the target's own entry is spared for being excluded. */
  const spares = (path: string, node: ModelNode): boolean =>
    !rules.deleteExcluded && excludes(path, node);
  const staysAlone = (path: string, node: ModelNode): boolean =>
    rules.isFrozenAtTarget(path) || spares(path, node) || rules.isUnwantedAtTarget(node);

  const keepAll = (path: string, node: ModelNode | undefined): void => {
    if (node === undefined) return;
    entries.push({ path, node, origin: "kept" });
    for (const [name, child] of childrenOf(node)) keepAll(childPath(path, name), child);
  };

  /** Whether something at or below the path has to stay although the source has nothing there. */
  const mustStay = (path: string, node: ModelNode): boolean =>
    staysAlone(path, node) ||
    !rules.delete ||
    childrenOf(node).some(([name, child]) => mustStay(childPath(path, name), child));

  const onlyTarget = (path: string, node: ModelNode): void => {
    if (!mustStay(path, node)) return;
    if (staysAlone(path, node)) {
      keepAll(path, node);
      return;
    }
    entries.push({ path, node, origin: "emptied" });
    for (const [name, child] of childrenOf(node)) onlyTarget(childPath(path, name), child);
  };

  const both = (path: string, s: ModelNode, t: ModelNode | undefined): void => {
    const isFrozen = rules.isFrozenAtSource(path) || rules.isFrozenAtTarget(path);
    if (isFrozen || (excludes(path, s) && !rules.deleteExcluded)) {
      keepAll(path, t);
      return;
    }
    if (excludes(path, s)) {
      if (t !== undefined) onlyTarget(path, t);
      return;
    }
    if (rules.isUnwantedAtSource(path, s)) {
      keepAll(path, t);
      return;
    }
    const hinders =
      t !== undefined &&
      (spares(path, t) ||
        (t.kind === "directory" &&
          s.kind !== "directory" &&
          childrenOf(t).some(([name, child]) => mustStay(childPath(path, name), child))));
    if (hinders) {
      blocked.push(path);
      keepAll(path, t);
      return;
    }
    entries.push({ path, node: s, origin: "source" });
    if (s.kind !== "directory") return;
    const theirs = t?.kind === "directory" ? t.children : new Map<Name, ModelNode>();
    for (const name of new Set([...s.children.keys(), ...theirs.keys()])) {
      const [a, b] = [s.children.get(name), theirs.get(name)];
      if (a !== undefined) both(childPath(path, name), a, b);
      else onlyTarget(childPath(path, name), b!);
    }
  };

  both("", source, target);
  return { entries, blocked: blocked.sort((a, b) => comparePaths(a as RelPath, b as RelPath)) };
}

function childrenOf(node: ModelNode): readonly (readonly [Name, ModelNode])[] {
  return node.kind === "directory" ? [...node.children] : [];
}
