/** Plans that are carried out by somebody who is cut off again and again, and asks for all of it once more. */
import type { Action, Plan } from "../../src/core/plan.ts";
import { phaseNames } from "../../src/core/plan.ts";
import type { ContentSource, Outcome } from "../../src/endpoint/endpoint.ts";
import { keptByBoth } from "./runs.ts";
import type { Replicas } from "./remembering.ts";

const inOrder: ReadonlySet<Action["type"]> = new Set([
  "move",
  "exchange",
  "make-directory",
  "remove",
  "finish-directory",
]);

/** Carries out phase after phase: first as many actions as a stop says, of which nobody hears, and then all of them again. */
export async function carryOutAgain(
  { source, target }: Pick<Replicas, "source" | "target">,
  { phases }: Plan,
  stops: readonly number[],
  content: ContentSource = source,
): Promise<Outcome[]> {
  const preserve = keptByBoth(source, target);
  const { signal } = new AbortController();
  const apply = async (actions: readonly Action[], again: boolean): Promise<Outcome[]> => {
    const out: Outcome[] = [];
    const options = { preserve, followLinks: false, again };
    const isOrdered = actions.some(({ type }) => inOrder.has(type));
    for await (const some of target.apply(actions, isOrdered, content, options, signal))
      out.push(...some);
    return out;
  };
  const told: Outcome[] = [];
  for (const [i, name] of phaseNames.entries()) {
    await apply(phases[name].slice(0, stops[i % stops.length]), false);
    told.push(...(await apply(phases[name], true)));
  }
  return told;
}
