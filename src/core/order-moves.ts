import type { DirectoryEntry, Entry, Leaf } from "./entry.ts";
import { rebased } from "./pair-directories.ts";
import type { Name, RelPath } from "./path.ts";
import { isWithinAny, joinPath, parentPath } from "./path.ts";
import type { Action } from "./plan.ts";

/** A directory of the target that goes to another place with all that is in it. */
export interface DirectoryMove {
  readonly from: RelPath;
  readonly to: RelPath;
  /** As the target has it. */
  readonly entry: DirectoryEntry;
  /** Bytes of content that need not be sent, since they come along. */
  readonly bytes: number;
}

/** Anything else of the target's that goes to another place. */
export interface LeafMove {
  readonly from: RelPath;
  readonly to: RelPath;
  /** As the target has it. */
  readonly entry: Leaf;
  /** Bytes of content that need not be sent. */
  readonly bytes: number;
}

/** A directory that has to be made, and what of the target's stands in its place. */
export interface MissingDirectory {
  readonly entry: DirectoryEntry;
  readonly expected: Leaf | undefined;
}

/** Something of the target's, and where it is. */
export interface Standing {
  readonly path: RelPath;
  readonly entry: Entry;
}

export interface MovesToOrder {
  /** One after the other: each is named as things are after those before it. */
  readonly directories: readonly DirectoryMove[];
  /** Named as things are when all directories have moved. No two have the same `from` or the same `to`. */
  readonly leaves: readonly LeafMove[];
  /** What stands in the place of a leaf: something that leaves too, or that nobody needs. */
  readonly occupantAt: (path: RelPath) => Entry | undefined;
  /** What the target would take for something that comes, for its name is nearly the same; outer ones before inner ones. */
  readonly inTheWay: readonly Standing[];
  /** Whether a directory is one that only the source has. */
  readonly missingAt: (path: RelPath) => MissingDirectory | undefined;
  /** A name that nothing in that directory has, for something to step aside; a new one with each call. */
  readonly freeName: (dir: RelPath, entry: Entry) => Name;
}

export interface OrderedMoves {
  readonly actions: readonly Action[];
  /** Directories that were made on the way. */
  readonly made: ReadonlySet<RelPath>;
  /** Where things that nobody needs have gone, since something else takes their name. */
  readonly parked: ReadonlyMap<RelPath, RelPath>;
}

/**
 * Puts moves into an order in which every name is free when it is needed and nothing is ever overwritten that somebody still
 * needs. Leaves form chains and cycles, since each place holds one thing: a chain runs from its free end, a cycle of n by
 * n - 1 exchanges. A directory, or what stands where a directory has to be, steps aside under another name first. After
 * every single action all content is in the target, under one name or another.
 */
export function orderMoves(input: MovesToOrder): OrderedMoves {
  const actions: Action[] = [];
  const made = new Set<RelPath>();
  const parked = new Map<RelPath, RelPath>();
  const leaving = new Map(input.leaves.map((move) => [move.from, move]));
  /** Leaves that have stepped aside, by where they stood. */
  const aside = new Map<RelPath, RelPath>();
  const placed = new Set<LeafMove>();

  const now = (path: RelPath): RelPath => {
    return aside.get(path) ?? whereParked(path, parked);
  };
  const stepAside = (path: RelPath, entry: Entry): RelPath => {
    const dir = parentPath(path);
    const to = joinPath(dir, input.freeName(dir, entry));
    const carries = { entries: 0, bytes: 0 } as const;
    actions.push({ type: "move", path: to, from: path, expected: undefined, entry, carries });
    return to;
  };
  const makeAround = (path: RelPath): void => {
    const dir = parentPath(path);
    const missing = made.has(dir) ? undefined : input.missingAt(dir);
    if (dir === "" || missing === undefined) return;
    makeAround(dir);
    const guest = leaving.get(dir);
    if (guest !== undefined && !placed.has(guest)) aside.set(dir, stepAside(dir, guest.entry));
    const expected = guest === undefined ? missing.expected : undefined;
    actions.push({ type: "make-directory", path: dir, expected, entry: missing.entry });
    made.add(dir);
  };
  const place = (move: LeafMove): void => {
    makeAround(move.to);
    const occupant = input.occupantAt(move.to);
    const hasLeft = leaving.has(move.to);
    let expected: Leaf | undefined;
    if (occupant?.kind === "directory") parked.set(move.to, stepAside(move.to, occupant));
    else if (!hasLeft) expected = occupant;
    const from = now(move.from);
    const origin = from === move.from ? {} : { origin: move.from };
    const { to: path, entry, bytes } = move;
    const carries = { entries: 1, bytes } as const;
    actions.push({ type: "move", path, from, ...origin, expected, entry, carries });
    placed.add(move);
  };

  const arriving = new Set(input.directories.map(({ to }) => to));
  const clear = (hasArrived: boolean): void => {
    for (const { path, entry } of input.inTheWay) {
      if (isWithinAny(path, arriving) !== hasArrived || isWithinAny(path, parked)) continue;
      (leaving.has(path) ? aside : parked).set(path, stepAside(path, entry));
    }
  };

  clear(false);
  for (const { from, to: path, entry, bytes } of input.directories) {
    makeAround(path);
    const carries = { entries: 1, bytes } as const;
    actions.push({ type: "move", path, from, expected: undefined, entry, carries });
  }
  clear(true);
  for (const first of input.leaves) {
    if (placed.has(first)) continue;
    const chain = [first];
    let next = leaving.get(first.to);
    while (next !== undefined && next !== first && !placed.has(next) && !aside.has(next.from)) {
      chain.push(next);
      next = leaving.get(next.to);
    }
    const isRing = next === first && !aside.has(first.from);
    if (isRing) {
      for (const exchange of exchanges(chain, now)) actions.push(exchange);
      for (const move of chain) placed.add(move);
    } else for (const move of chain.toReversed()) place(move);
  }
  return { actions, made, parked };
}

/** Where something is, if a directory around it, or the thing itself, has been parked. */
export function whereParked(path: RelPath, parked: ReadonlyMap<RelPath, RelPath>): RelPath {
  for (let dir = path; parked.size > 0 && dir !== ""; dir = parentPath(dir)) {
    const to = parked.get(dir);
    if (to !== undefined) return rebased(path, dir, to);
  }
  return path;
}

/** Turns a ring: what stands first is exchanged with each of the others in turn, and every exchange puts one in its place. */
function exchanges(ring: readonly LeafMove[], now: (path: RelPath) => RelPath): Action[] {
  const [first] = ring;
  const from = now(first!.from);
  return ring.slice(1).map((next, i) => {
    const { entry, bytes } = ring[i]!;
    const isLast = i === ring.length - 2;
    const carries = isLast
      ? ({ entries: 2, bytes: bytes + next.bytes } as const)
      : ({ entries: 1, bytes } as const);
    return { type: "exchange", path: now(next.from), from, expected: next.entry, entry, carries };
  });
}
