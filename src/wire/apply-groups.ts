import type { Action } from "../core/plan.ts";

export type PutFile = Extract<Action, { type: "put-file" }>;

export function isPut(action: Action): action is PutFile {
  return action.type === "put-file";
}

/**
 * Actions in the groups in which they are carried out where content comes in packs: those that need content, and those that do
 * not. What has an order keeps it. Both ends of a connection part them in this way, so that packs come for the group whose
 * turn it is.
 */
export function groupsOf(actions: readonly Action[], ordered: boolean): (readonly Action[])[] {
  if (!ordered) {
    const groups = [actions.filter((action) => !isPut(action)), actions.filter(isPut)];
    return groups.filter((group) => group.length > 0);
  }
  const runs: Action[][] = [];
  for (const action of actions) {
    const last = runs[runs.length - 1];
    if (last !== undefined && isPut(last[0]!) === isPut(action)) last.push(action);
    else runs.push([action]);
  }
  return runs;
}
