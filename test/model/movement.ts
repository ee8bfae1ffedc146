/** What people do to trees between two runs: names change hands, and so does what they hold. */
import * as fc from "fast-check";

import type { ByteString } from "../../src/base/byte-string.ts";
import type { TreeOptions } from "./arbitrary.ts";
import { trees } from "./arbitrary.ts";
import type { ModelDirectory, ModelNode } from "./tree.ts";
import { isAtOrBelow } from "./tree.ts";

/** Does to a tree what a person can do to it. Paths are below its root; a new name is free, and its directory is there. */
export interface Hands {
  /** Every entry but the root, in order, with its kind. */
  readonly list: () => readonly (readonly [path: string, kind: string])[];
  readonly rename: (from: string, to: string) => void;
  /** Copies a file, the time of its content included where `keepsTime`. */
  readonly copy: (from: string, to: string, keepsTime: boolean) => void;
  readonly write: (path: string, content: string) => void;
  /** With all that is below. */
  readonly remove: (path: string) => void;
  readonly makeDirectory: (path: string) => void;
  readonly link: (from: string, to: string) => void;
}

/** One thing that somebody does. Numbers choose among what is there when its turn has come. */
export interface Step {
  readonly type: (typeof types)[number];
  readonly what: number;
  readonly into: number;
  readonly name: string;
  readonly flag: boolean;
}

const types = [
  "rename",
  "rename",
  "rename",
  "swap",
  "swap",
  "rotate",
  "wrap",
  "unwrap",
  "invert",
  "copy",
  "write",
  "remove",
  "make-directory",
  "link",
] as const;

const stepNames = ["a", "b", "c", "a.b", "x", "y", "A"];

export function steps(most: number = 12, hardlinks: boolean = true): fc.Arbitrary<Step[]> {
  const step = fc.record({
    type: fc.constantFrom(...types.filter((type) => hardlinks || type !== "link")),
    what: fc.nat(50),
    into: fc.nat(50),
    name: fc.constantFrom(...stepNames),
    flag: fc.boolean(),
  });
  return fc.array(step, { minLength: 1, maxLength: most, size: "max" });
}

/** Trees in which most files are like no other one, though many have the same size. */
export function distinctTrees(options: TreeOptions): fc.Arbitrary<ModelDirectory> {
  return trees(options).map((tree) => {
    let n = 0;
    const visit = (node: ModelNode): ModelNode => {
      if (node.kind === "directory") {
        const children = [...node.children].map(([name, child]) => [name, visit(child)] as const);
        return { ...node, children: new Map(children) };
      }
      if (node.kind !== "file" || node.group !== undefined || n++ % 5 === 4) return node;
      const content = `file ${n} `.repeat(n % 3 === 0 ? 1000 : 1) as ByteString;
      // Times tell what sizes cannot, as they do in a world without accidents.
      return {
        ...node,
        content,
        mtime: 1_500_000_000_000_000_000n + BigInt(n) * 3_600_000_000_000n,
      };
    };
    return visit(tree) as ModelDirectory;
  });
}

/** Takes one step; one that is impossible as things are is left out. */
export function takeStep(hands: Hands, step: Step, n: number): void {
  const listed = hands.list();
  const paths = listed.map(([path]) => path);
  const dirs = ["", ...listed.filter(([, kind]) => kind === "directory").map(([path]) => path)];
  const pick = (among: readonly string[], choice: number): string => among[choice % among.length]!;
  const aside = "\u007faside";
  if (step.type === "make-directory") {
    const at = join(pick(dirs, step.into), step.name);
    if (!paths.includes(at)) hands.makeDirectory(at);
    return;
  }
  if (paths.length === 0) return;
  const what = pick(paths, step.what);
  const kind = listed.find(([path]) => path === what)![1];
  const other = pick(paths, step.into);
  const to = join(pick(dirs, step.into), step.name);
  const isNested = (a: string, b: string): boolean => isAtOrBelow(a, b) || isAtOrBelow(b, a);
  switch (step.type) {
    case "rename":
      if (isNested(what, to)) return;
      if (paths.includes(to)) {
        if (!step.flag) return;
        hands.remove(to);
      }
      hands.rename(what, to);
      return;
    case "swap":
      if (isNested(what, other)) return;
      hands.rename(what, aside);
      hands.rename(other, what);
      hands.rename(aside, other);
      return;
    case "rotate": {
      const ring: string[] = [];
      for (const path of [...paths.slice(step.what % paths.length), ...paths]) {
        const isFit = step.flag || listed.find(([at]) => at === path)![1] === "file";
        if (isFit && ring.length < 2 + (step.into % 4) && !ring.some((at) => isNested(at, path)))
          ring.push(path);
      }
      if (ring.length < 2) return;
      hands.rename(ring[0]!, aside);
      for (const [i, path] of ring.slice(1).entries()) hands.rename(path, ring[i]!);
      hands.rename(aside, ring.at(-1)!);
      return;
    }
    case "wrap":
      hands.rename(what, aside);
      hands.makeDirectory(what);
      hands.rename(aside, join(what, step.flag ? nameOf(what) : step.name));
      return;
    case "unwrap":
      if (!what.includes("/")) return;
      hands.rename(what, aside);
      hands.remove(above(what));
      hands.rename(aside, above(what));
      return;
    case "invert": {
      if (kind !== "directory" || !what.includes("/")) return;
      const outer = above(what);
      hands.rename(what, aside);
      hands.rename(outer, join(aside, "\u007finner"));
      hands.rename(aside, outer);
      const back = join(outer, step.flag ? nameOf(what) : nameOf(outer));
      if (hands.list().some(([path]) => path === back)) hands.remove(back);
      hands.rename(join(outer, "\u007finner"), back);
      return;
    }
    case "copy":
      if (kind !== "file" || isNested(what, to)) return;
      if (paths.includes(to)) {
        if (!step.flag) return;
        hands.remove(to);
      }
      hands.copy(what, to, step.flag);
      return;
    case "write":
      if (kind !== "file") return;
      hands.write(what, step.flag ? `written ${n}` : "");
      return;
    case "remove":
      hands.remove(what);
      return;
    case "link":
      if (kind !== "file" || paths.includes(to)) return;
      hands.link(what, to);
      return;
  }
}

function join(dir: string, name: string): string {
  return dir === "" ? name : `${dir}/${name}`;
}

function above(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
