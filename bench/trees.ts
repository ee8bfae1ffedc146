import { existsSync } from "node:fs";
import { mkdir, readdir, rename } from "node:fs/promises";
import path from "node:path";

import { type Pair, syncline, verifyEqual } from "./commands.ts";
import type { Options } from "./options.ts";
import { run } from "./process.ts";
import {
  FEWER_SOURCES,
  type Forest,
  MILLION,
  missingRoom,
  plantForest,
  SOURCES,
  TEN,
} from "./tree.ts";
import type { TreeName } from "./works.ts";
import type { Workspace } from "./workspace.ts";

/** The trees of a benchmark, each made when a row first asks for it. */
export interface Trees {
  /** Why the row cannot be measured here, or nothing if it can. */
  readonly missingRoom: (name: TreeName) => Promise<string | undefined>;
  /** Makes the source if it is not there. Each side has a target of its own, and both are missing at first. */
  readonly pair: (name: TreeName, side: Side) => Promise<Pair>;
  /** Makes a target equal to its source, and has that verified, unless it is known to be so of our target. */
  readonly makeEqual: (name: TreeName, pair: Pair) => Promise<void>;
  /** Gives the source's largest directory another name, or the one that it had before. */
  readonly rename: (name: TreeName) => Promise<void>;
  readonly setEqual: (name: TreeName, isEqual: boolean) => void;
  readonly discard: (name: TreeName) => Promise<void>;
}

export type Side = "ours" | "theirs";

export interface Ground {
  readonly workspace: Workspace;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** What the largest directory of a tree is called, by turns. */
const largestNames = ["pictures", "photographs"] as const;

/** Gathers more than half of a tree in one directory. */
async function gather(source: string): Promise<void> {
  const projects = (await readdir(source)).toSorted();
  const dir = path.join(source, largestNames[0]);
  await mkdir(dir);
  for (const project of projects.slice(0, Math.round(projects.length * 0.57))) {
    await rename(path.join(source, project), path.join(dir, project));
  }
}

// Beside the source: one target for each side.
const COPIES = 2;

export function openTrees(ground: Ground, options: Options): Trees {
  const { workspace, env, signal } = ground;
  const forests: Record<TreeName, Forest> = {
    sources: options.quick ? FEWER_SOURCES : SOURCES,
    renamed: options.quick ? FEWER_SOURCES : SOURCES,
    million: MILLION,
    ten: TEN,
  };
  const equal = new Set<TreeName>();
  const place = (name: string): string => path.join(workspace.dir, name);
  const given = (name: TreeName): string | undefined =>
    name === "sources" ? options.tree : undefined;

  const pair = async (name: TreeName, side: Side): Promise<Pair> => {
    const source = given(name) ?? place(name);
    if (source === place(name) && !existsSync(source)) {
      console.error(`Writing ${forests[name].files} files into ${source} …`);
      await plantForest(source, forests[name], signal);
      if (name === "renamed") await gather(source);
    }
    return { source, target: place(`${name}-${side}`), state: place(`${name}-state`) };
  };
  return {
    pair,
    missingRoom: async (name) =>
      given(name) !== undefined || existsSync(place(name))
        ? undefined
        : missingRoom(
            workspace.dir,
            forests[name],
            name === "sources" || name === "renamed" ? COPIES : 1,
          ),
    makeEqual: async (name, wanted) => {
      const isOurs = wanted.target === place(`${name}-ours`);
      if (isOurs && equal.has(name)) return;
      await workspace.clear(wanted.target, ...(isOurs ? [wanted.state] : []));
      await run(syncline(wanted, isOurs ? [] : ["--no-state"]), { env, signal });
      await verifyEqual(wanted, env, signal);
      if (isOurs) equal.add(name);
    },
    rename: async (name) => {
      const [one, other] = largestNames.map((dir) => path.join(place(name), dir));
      const isOne = existsSync(one!);
      await rename(isOne ? one! : other!, isOne ? other! : one!);
      equal.delete(name);
    },
    setEqual: (name, isEqual) => {
      if (isEqual) equal.add(name);
      else equal.delete(name);
    },
    discard: async (name) => {
      equal.delete(name);
      const left = [name, `${name}-ours`, `${name}-theirs`, `${name}-state`];
      await workspace.clear(...left.map(place));
    },
  };
}
