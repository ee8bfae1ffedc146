import { existsSync } from "node:fs";
import path from "node:path";

import { type Change, changeSource, gather } from "./changes.ts";
import { type Pair, syncline, verifyEqual } from "./commands.ts";
import { plantLarge } from "./large.ts";
import type { Options } from "./options.ts";
import { run } from "./process.ts";
import {
  FEWER_SOURCES,
  type Forest,
  LARGE,
  MILLION,
  missingRoom,
  plantForest,
  PORTABLE,
  SMALL,
  SOURCES,
  TEN,
  tenthOf,
} from "./tree.ts";
import type { TreeName } from "./work.ts";
import type { Workspace } from "./workspace.ts";

/** The trees of a benchmark, each made when a row first asks for it. */
export interface Trees {
  /** Why the row cannot be measured here, or nothing if it can. */
  readonly missingRoom: (name: TreeName) => Promise<string | undefined>;
  /** Makes the source if it is not there. Each side has a target of its own, and both are missing at first. */
  readonly pair: (name: TreeName, side: Side) => Promise<Pair>;
  /** Makes a target equal to its source, and has that verified, unless it is known to be so of our target. */
  readonly makeEqual: (name: TreeName, pair: Pair) => Promise<void>;
  /** Makes of the source what it is the next time. */
  readonly change: (name: TreeName, change: Change) => Promise<void>;
  readonly setEqual: (name: TreeName, isEqual: boolean) => void;
  readonly discard: (name: TreeName) => Promise<void>;
}

export type Side = "ours" | "theirs";

export interface Ground {
  readonly workspace: Workspace;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

export function openTrees(ground: Ground, options: Options): Trees {
  const { workspace, env, signal } = ground;
  const forests = chooseForests(options);
  const changes = new Map<TreeName, number>();
  const equal = new Set<TreeName>();
  const place = (name: string): string => path.join(workspace.dir, name);
  const given = (name: TreeName): string | undefined =>
    name === "sources" ? options.tree : undefined;

  const pair = async (name: TreeName, side: Side): Promise<Pair> => {
    const source = given(name) ?? place(name);
    if (source === place(name) && !existsSync(source)) {
      console.error(`Writing ${forests[name].files} files into ${source} …`);
      if (name === "large") await plantLarge(source, forests[name].bytes, signal);
      else await plantForest(source, forests[name], signal);
      if (name === "changing") await gather(source);
    }
    return { source, target: place(`${name}-${side}`), state: place(`${name}-state`) };
  };
  return {
    pair,
    missingRoom: async (name) =>
      given(name) !== undefined || existsSync(place(name))
        ? undefined
        : // Beside the source, one target for each side; where nothing is written, one serves both.
          missingRoom(workspace.dir, forests[name], name === "million" ? 1 : 2),
    makeEqual: async (name, wanted) => {
      const isOurs = wanted.target === place(`${name}-ours`);
      if (isOurs && equal.has(name)) return;
      await workspace.clear(wanted.target, ...(isOurs ? [wanted.state] : []));
      await run(syncline(wanted, { options: isOurs ? [] : ["--no-state"] }), { env, signal });
      await verifyEqual(wanted, ground);
      if (isOurs) equal.add(name);
    },
    change: async (name, change) => {
      const number = (changes.get(name) ?? 0) + 1;
      changes.set(name, number);
      await changeSource(place(name), change, number);
      equal.delete(name);
    },
    setEqual: (name, isEqual) => {
      if (isEqual) equal.add(name);
      else equal.delete(name);
    },
    discard: async (name) => {
      equal.delete(name);
      changes.delete(name);
      const left = [name, `${name}-ours`, `${name}-theirs`, `${name}-state`];
      await workspace.clear(...left.map(place));
    },
  };
}

function chooseForests({ quick }: Options): Record<TreeName, Forest> {
  return {
    sources: quick ? FEWER_SOURCES : SOURCES,
    changing: quick ? FEWER_SOURCES : SOURCES,
    small: quick ? tenthOf(SMALL) : SMALL,
    portable: quick ? tenthOf(PORTABLE) : PORTABLE,
    large: quick ? { ...LARGE, bytes: LARGE.bytes / 8 } : LARGE,
    million: MILLION,
    ten: TEN,
  };
}
