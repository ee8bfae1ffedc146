import { existsSync } from "node:fs";

import type { Baseline, BaselineReader, KnownMounts, StateStore } from "../state/state.ts";
import type { MirrorRequest } from "./request.ts";

/** What is known of a pair from earlier runs; `baseline` where that may be brought up to date. */
export interface Memory {
  readonly reader: BaselineReader;
  readonly baseline: Baseline | undefined;
}

/** What earlier runs have left, for a run that may change it or for one that only looks. */
export interface PastKnowledge extends AsyncDisposable {
  mounts(source: string, target: string): KnownMounts | undefined;
  memory(source: string, target: string): Memory | undefined;
}

const nothing: PastKnowledge = {
  mounts: () => undefined,
  memory: () => undefined,
  [Symbol.asyncDispose]: async () => {},
};

/** With `--no-state` nothing is remembered; a dry run looks at the state, too, but leaves it untouched. */
export async function recall(
  { dryRun, history, stateDir }: MirrorRequest,
  store: StateStore | undefined,
): Promise<PastKnowledge> {
  if (!history || stateDir === undefined) {
    return { ...nothing, mounts: (...pair) => store?.knownMounts(...pair) };
  }
  if (store !== undefined) {
    return {
      ...nothing,
      mounts: (...pair) => store.knownMounts(...pair),
      memory(...pair) {
        const baseline = store.openBaseline(...pair);
        return { reader: baseline, baseline };
      },
    };
  }
  if (!dryRun || !existsSync(stateDir)) return nothing;
  const { peekState } = await import("../state/peek.ts");
  const peek = peekState(stateDir);
  return {
    mounts: (...pair) => peek.knownMounts(...pair),
    memory: (...pair) => ({ reader: peek.openBaseline(...pair), baseline: undefined }),
    [Symbol.asyncDispose]: () => peek[Symbol.asyncDispose](),
  };
}
