import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { directory, file, path } from "../../test/model/findings.ts";
import type { Entry, Leaf } from "./entry.ts";
import { identityKey } from "./entry.ts";
import type { DirectoryMove, MissingDirectory, MovesToOrder } from "./order-moves.ts";
import { orderMoves } from "./order-moves.ts";
import type { Name, RelPath } from "./path.ts";
import { baseName, joinPath, parentPath } from "./path.ts";
import type { Action } from "./plan.ts";

/** A target as it is before: directories end with a slash, everything else is a file of that content. */
type Tree = Readonly<Record<string, string>>;

/** Which file goes where, once directories have moved; those are said first. */
interface Scene {
  readonly target: Tree;
  readonly directories?: readonly (readonly [from: string, to: string])[];
  readonly files: readonly (readonly [from: string, to: string])[];
  /** Directories that only the source has. */
  readonly missing?: readonly string[];
}

interface Node {
  readonly entry: Entry;
  readonly content: string;
  readonly children: Map<Name, Node>;
}

/** A file system that refuses whatever a real one would, and what the planner must not ask for. */
class Disk {
  readonly root: Node;
  private inodes = 10;

  constructor(tree: Tree) {
    this.root = this.make(true, "");
    for (const [at, content] of Object.entries(tree))
      this.put(path(at.replace(/\/$/, "")), at.endsWith("/"), content);
  }

  make(isDirectory: boolean, content: string): Node {
    const inoLow = this.inodes++;
    const entry = isDirectory ? directory({ inoLow }) : file({ inoLow, size: content.length });
    return { entry, content, children: new Map() };
  }

  put(at: RelPath, isDirectory: boolean, content: string): void {
    const dir = parentPath(at);
    if (dir !== "" && this.at(dir) === undefined) this.put(dir, true, "");
    this.at(dir)!.children.set(baseName(at), this.make(isDirectory, content));
  }

  at(where: RelPath): Node | undefined {
    let node: Node | undefined = this.root;
    for (const name of where === "" ? [] : (where.split("/") as Name[]))
      node = node?.children.get(name);
    return node;
  }

  dirOf(where: RelPath): Node {
    const dir = this.at(parentPath(where));
    if (dir?.entry.kind !== "directory") throw new Error(`no directory around ${where}`);
    return dir;
  }

  expect(where: RelPath, entry: Entry): Node {
    const node = this.at(where);
    if (node === undefined || identityKey(node.entry) !== identityKey(entry))
      throw new Error(`something else than expected is at ${where}`);
    return node;
  }

  act(action: Action): void {
    switch (action.type) {
      case "move": {
        const node = this.expect(action.from, action.entry);
        const isInside = `${action.path}/`.startsWith(`${action.from}/`);
        if (isInside) throw new Error(`${action.from} would go into itself`);
        this.free(action.path, action.expected);
        this.dirOf(action.from).children.delete(baseName(action.from));
        this.dirOf(action.path).children.set(baseName(action.path), node);
        return;
      }
      case "exchange": {
        const [one, other] = [
          this.expect(action.from, action.entry),
          this.expect(action.path, action.expected),
        ];
        const nests = [`${action.from}/`, `${action.path}/`].map((at) => at);
        if (nests[0]!.startsWith(nests[1]!) || nests[1]!.startsWith(nests[0]!))
          throw new Error(`${action.from} and ${action.path} are one inside the other`);
        this.dirOf(action.from).children.set(baseName(action.from), other);
        this.dirOf(action.path).children.set(baseName(action.path), one);
        return;
      }
      case "make-directory":
        this.free(action.path, action.expected);
        this.dirOf(action.path).children.set(baseName(action.path), this.make(true, ""));
        return;
      default:
        throw new Error(`no move: ${action.type}`);
    }
  }

  private free(where: RelPath, expected: Entry | undefined): void {
    if (expected !== undefined) this.expect(where, expected);
    else if (this.at(where) !== undefined) throw new Error(`${where} is taken`);
  }

  /** Files by path. */
  files(node: Node = this.root, at: RelPath = path("")): [string, string][] {
    if (node.entry.kind !== "directory") return [[at, node.content]];
    return [...node.children].flatMap(([name, child]) => this.files(child, joinPath(at, name)));
  }
}

/** Orders, carries out, and checks on the way that no content that goes somewhere is ever lost. */
function carryOut({ target, directories = [], files, missing = [] }: Scene): {
  readonly disk: Disk;
  readonly actions: readonly Action[];
  readonly said: string[];
} {
  const disk = new Disk(target);
  const plain = new Disk(target);
  const moves: DirectoryMove[] = [];
  for (const [from, to] of directories) {
    const { entry } = plain.at(path(from))!;
    moves.push({ from: path(from), to: path(to), entry: entry as never, bytes: 0 });
    const node = plain.at(path(from))!;
    plain.dirOf(path(from)).children.delete(baseName(path(from)));
    if (plain.at(parentPath(path(to))) === undefined) plain.put(parentPath(path(to)), true, "");
    plain.dirOf(path(to)).children.set(baseName(path(to)), node);
  }
  const entryAt = (at: RelPath): Entry | undefined => plain.at(at)?.entry;
  let names = 0;
  const leaving = new Set(files.map(([from]) => from));
  const missingAt = (at: RelPath): MissingDirectory | undefined => {
    if (!missing.includes(at)) return undefined;
    const stands = entryAt(at);
    const expected = stands?.kind === "directory" ? undefined : stands;
    return { entry: directory(), expected };
  };
  const input: MovesToOrder = {
    directories: moves,
    leaves: files.map(([from, to]) => ({
      from: path(from),
      to: path(to),
      entry: entryAt(path(from)) as Leaf,
      bytes: 1,
    })),
    occupantAt: entryAt,
    inTheWay: [],
    missingAt,
    freeName: () => `parked~${names++}` as Name,
  };
  const wanted = files.map(([from, to]) => [to, plain.at(path(from))!.content] as const);
  const { actions } = orderMoves(input);
  for (const action of actions) {
    disk.act(action);
    const held = disk.files().map(([, content]) => content);
    for (const [, content] of wanted) expect(held).toContain(content);
  }
  const found = new Map(disk.files());
  for (const [to, content] of wanted) expect([to, found.get(to)]).toEqual([to, content]);
  expect(new Set(wanted.map(([to]) => to)).size).toBe(leaving.size);
  return { disk, actions, said: actions.map(brief) };
}

function brief(action: Action): string {
  const from = "from" in action ? `${action.from} ` : "";
  const over = "expected" in action && action.expected !== undefined ? " over" : "";
  const isExchange = action.type === "exchange";
  return isExchange
    ? `${from}<> ${action.path}`
    : `${from}${from === "" ? "mkdir " : "> "}${action.path}${over}`;
}

describe("the traps", () => {
  test.each<Scene & { readonly trap: string; readonly said: readonly string[] }>([
    {
      trap: "a:1 b:0 becomes a:0 b:1",
      target: { a: "1", b: "0" },
      files: [
        ["a", "b"],
        ["b", "a"],
      ],
      said: ["a <> b"],
    },
    {
      trap: "three names in a ring",
      target: { a: "1", b: "2", c: "3" },
      files: [
        ["a", "b"],
        ["b", "c"],
        ["c", "a"],
      ],
      said: ["a <> b", "a <> c"],
    },
    {
      trap: "a chain into a free name runs from its end",
      target: { a: "1", b: "2", c: "3" },
      files: [
        ["a", "b"],
        ["b", "c"],
        ["c", "d"],
      ],
      said: ["c > d", "b > c", "a > b"],
    },
    {
      trap: "a name that nobody needs any more",
      target: { a: "1", b: "2" },
      files: [["a", "b"]],
      said: ["a > b over"],
    },
    {
      trap: "a chain onto a name that nobody needs",
      target: { a: "1", b: "2", c: "3" },
      files: [
        ["a", "b"],
        ["b", "c"],
      ],
      said: ["b > c over", "a > b"],
    },
    {
      trap: "a file to where a directory was",
      target: { "a/": "", "a/old": "0", b: "1" },
      files: [["b", "a"]],
      said: ["a > parked~0", "b > a"],
    },
    {
      trap: "out of a directory to where that was",
      target: { "a/": "", "a/x": "1", "a/old": "0" },
      files: [["a/x", "a"]],
      said: ["a > parked~0", "parked~0/x > a"],
    },
    {
      trap: "a file into a directory of its own old name",
      target: { a: "1" },
      files: [["a", "a/a"]],
      missing: ["a"],
      said: ["a > parked~0", "mkdir a", "parked~0 > a/a"],
    },
    {
      trap: "a file into a directory that stands where another one did",
      target: { a: "0", b: "1" },
      files: [["b", "a/b"]],
      missing: ["a"],
      said: ["mkdir a over", "b > a/b"],
    },
    {
      trap: "into the place of a file that goes into the place of the first",
      target: { a: "1", b: "2" },
      files: [
        ["a", "b/x"],
        ["b", "a/x"],
      ],
      missing: ["a", "b"],
      said: ["b > parked~0", "mkdir b", "a > b/x", "mkdir a", "parked~0 > a/x"],
    },
    {
      trap: "directories first, and what leaves them after",
      target: { "a/": "", "a/x": "1", "b/": "", "b/y": "2" },
      directories: [["a", "b/a"]],
      files: [
        ["b/a/x", "x"],
        ["b/y", "b/a/x"],
      ],
      said: ["a > b/a", "b/a/x > x", "b/y > b/a/x"],
    },
    {
      trap: "a directory into a new one",
      target: { "a/": "", "a/x": "1" },
      directories: [["a", "n/m/a"]],
      files: [],
      missing: ["n", "n/m"],
      said: ["mkdir n", "mkdir n/m", "a > n/m/a"],
    },
  ])("$trap", (scene) => {
    expect(carryOut(scene).said).toEqual(scene.said);
  });

  test("a ring of n takes n - 1 exchanges", () => {
    const names = Array.from({ length: 9 }, (_, n) => `f${n}`);
    const { actions } = carryOut({
      target: Object.fromEntries(names.map((name) => [name, `content of ${name}`])),
      files: names.map((name, n) => [name, names[(n + 1) % names.length]!]),
    });
    expect(actions.map(({ type }) => type)).toEqual(Array(8).fill("exchange"));
    const carried = actions.map((action) => ("carries" in action ? action.carries.entries : 0));
    expect(carried.reduce<number>((sum, one) => sum + one, 0)).toBe(9);
  });
});

describe("whatever goes where", () => {
  const places = ["a", "b", "c", "d", "a/a", "a/b", "b/a", "b/b", "a/b/c", "c/a", "d/d"];

  test("every name is free when it is needed, and nothing is lost on the way", () => {
    const given = fc.record({
      olds: fc.subarray(places, { minLength: 1 }),
      nows: fc.shuffledSubarray(places, { minLength: 1 }),
    });
    fc.assert(
      fc.property(given, ({ olds, nows }) => {
        // Of two places of which one is inside the other, one can hold a file.
        const [from, to] = [withoutNests(olds), withoutNests(nows)];
        const count = Math.min(from.length, to.length);
        const files = from.slice(0, count).map((old, i) => [old, to[i]!] as const);
        const target = Object.fromEntries(from.map((at) => [at, `was at ${at}`]));
        const around = new Set(to.slice(0, count).flatMap(above));
        const before = new Set(from.flatMap(above));
        const missing = [...around].filter((dir) => !before.has(dir));
        carryOut({ target, files: files.filter(([old, now]) => old !== now), missing });
      }),
      { numRuns: 2000 },
    );
  });

  function withoutNests(all: readonly string[]): string[] {
    const out: string[] = [];
    for (const at of all) {
      if (!out.some((one) => one.startsWith(`${at}/`) || at.startsWith(`${one}/`))) out.push(at);
    }
    return out;
  }

  function above(at: string): string[] {
    return at
      .split("/")
      .slice(0, -1)
      .map((_, n, all) => all.slice(0, n + 1).join("/"));
  }
});
