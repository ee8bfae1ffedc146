import type { Entry, Leaf } from "./entry.ts";
import type { RelPath } from "./path.ts";
import type { Action, Aspect } from "./plan.ts";

/** What needs content: all other actions say everything themselves. */
export type PutFile = Extract<Action, { type: "put-file" }>;

export function isPut(action: Action): action is PutFile {
  return action.type === "put-file";
}

/** The action that makes an entry whole at `path`, in place of `expected`. */
export function putAction(path: RelPath, expected: Entry | undefined, entry: Leaf): Action {
  switch (entry.kind) {
    case "file":
      return { type: "put-file", path, expected, entry };
    case "symlink":
      return { type: "put-symlink", path, expected, entry };
    default:
      return { type: "put-special", path, expected, entry };
  }
}

const anew: ReadonlySet<Aspect> = new Set(["kind", "content", "link-target", "device"]);

/** Whether what differs cannot be set on what is there. */
export function isMadeAnew(aspects: readonly Aspect[]): boolean {
  return aspects.some((aspect) => anew.has(aspect));
}
