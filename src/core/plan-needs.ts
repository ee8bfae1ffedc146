import type { RelPath } from "./path.ts";
import type { Action } from "./plan.ts";

/** Numbers of actions, both ends included; the first action of a plan is number 1. */
export type Span = readonly [first: number, last: number];

/** A name that the plan deals with. What was done inside a directory goes along when the directory moves. */
interface Node {
  /** The action that decided last what stands here; 0 for none. */
  by: number;
  /** Where nothing stands here any more: everything that it took to empty the place. */
  gone: readonly Span[] | undefined;
  /** Actions that put something here only for a while, and wait for it to be taken on. */
  waiting: number[] | undefined;
  children: Map<string, Node> | undefined;
}

interface Draft {
  readonly root: Node;
  /** By number, and one more than there are actions. */
  readonly needs: Span[][];
}

/**
 * What each action builds on: the actions without which it would find something else than it expects, as spans in order. Of
 * what is needed indirectly only the nearest is named. `actions` are a whole plan's, in the order of execution, and the
 * result is in the same order.
 *
 * An action needs those before it that decided what stands at its paths, or at a directory around them, and those that
 * emptied a directory which it removes or replaces. One that merely frees a name also needs what takes the thing on
 * later: alone, it would leave it under a name where nobody looks.
 */
export function needsOf(actions: Iterable<Action>): readonly (readonly Span[])[] {
  const draft: Draft = { root: newNode(), needs: [] };
  let number = 0;
  for (const action of actions) {
    draft.needs.push([]);
    follow(draft, action, ++number);
  }
  return draft.needs.map(merged);
}

function newNode(by: number = 0, gone?: readonly Span[]): Node {
  return { by, gone, waiting: undefined, children: undefined };
}

function follow(draft: Draft, action: Action, number: number): void {
  switch (action.type) {
    case "make-directory":
    case "put-file":
    case "put-symlink":
    case "put-special":
      settle(draft, action.path, number, action.expected?.kind === "directory");
      return;
    case "link":
    case "copy-file":
      visit(draft, action.from, number);
      settle(draft, action.path, number, action.expected?.kind === "directory");
      return;
    case "set-metadata":
      visit(draft, action.path, number).by = number;
      return;
    case "move":
      move(draft, action, number);
      return;
    case "exchange":
      exchange(draft, action, number);
      return;
    case "remove":
    case "remove-leftover":
      remove(draft, action.path, number);
      return;
    case "finish-directory":
      visit(draft, action.path, number);
  }
}

/** Something new stands there. */
function settle(draft: Draft, path: RelPath, number: number, overDirectory: boolean): void {
  const node = visit(draft, path, number);
  if (overDirectory) need(draft, number, emptied(node));
  takeOn(draft, node, number);
  node.by = number;
  node.gone = undefined;
  node.children = undefined;
}

function remove(draft: Draft, path: RelPath, number: number): void {
  const node = visit(draft, path, number);
  const inside = emptied(node);
  need(draft, number, inside);
  takeOn(draft, node, number);
  node.by = number;
  node.gone = merged([...inside, [number, number]]);
  node.children = undefined;
}

type Of<T extends Action["type"]> = Extract<Action, { type: T }>;

function move(draft: Draft, { path, from, carries }: Of<"move">, number: number): void {
  const node = visit(draft, from, number);
  takeOn(draft, node, number);
  const replaced = visit(draft, path, number);
  takeOn(draft, replaced, number);
  node.by = number;
  if (carries.entries === 0) node.waiting = [number];
  // The new place is looked up after the old one has been given up: it may be in what stands there by then.
  place(draft, from, newNode(number, [[number, number]]));
  place(draft, path, node);
}

function exchange(draft: Draft, { path, from, carries }: Of<"exchange">, number: number): void {
  const one = visit(draft, path, number);
  const other = visit(draft, from, number);
  for (const node of [one, other]) {
    takeOn(draft, node, number);
    node.by = number;
  }
  if (carries.entries < 2) one.waiting = [number];
  if (carries.entries < 1) other.waiting = [number];
  place(draft, from, one);
  place(draft, path, other);
}

/** The name's node, made where it is new. Everything that decided that it is there is needed. */
function visit(draft: Draft, path: RelPath, number: number): Node {
  const chain = [draft.root];
  let node = draft.root;
  for (const name of namesOf(path)) chain.push((node = childOf(node, name)));
  let latest = 0;
  // What was decided further up and earlier is needed by what was decided further down and later.
  for (let i = chain.length - 1; i >= 0; i--) {
    const { by } = chain[i]!;
    if (by <= latest) continue;
    latest = by;
    need(draft, number, [[by, by]]);
  }
  return node;
}

function place(draft: Draft, path: RelPath, node: Node): void {
  const names = namesOf(path);
  const last = names.pop();
  let dir = draft.root;
  for (const name of names) dir = childOf(dir, name);
  if (last !== undefined) (dir.children ??= new Map()).set(last, node);
}

function childOf(node: Node, name: string): Node {
  node.children ??= new Map();
  let child = node.children.get(name);
  if (child === undefined) node.children.set(name, (child = newNode()));
  return child;
}

/** Everything that it took to empty a directory. */
function emptied({ children }: Node): readonly Span[] {
  if (children === undefined) return [];
  return merged([...children.values()].flatMap(({ gone }) => gone ?? []));
}

function takeOn(draft: Draft, node: Node, number: number): void {
  for (const waiting of node.waiting ?? []) need(draft, waiting, [[number, number]]);
  node.waiting = undefined;
}

function need(draft: Draft, number: number, spans: readonly Span[]): void {
  const list = draft.needs[number - 1]!;
  for (const span of spans) if (span[0] !== number) list.push(span);
}

function namesOf(path: RelPath): string[] {
  return path === "" ? [] : path.split("/");
}

/** The same numbers in order, in as few spans as can be. */
function merged(spans: readonly Span[]): readonly Span[] {
  if (spans.length < 2) return spans;
  const out: [number, number][] = [];
  for (const [first, last] of spans.toSorted((a, b) => a[0] - b[0])) {
    const before = out.at(-1);
    if (before === undefined || first > before[1] + 1) out.push([first, last]);
    else before[1] = Math.max(before[1], last);
  }
  return out;
}
