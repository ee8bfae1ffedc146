import type { Entry, EntryKind } from "../core/entry.ts";
import type { RelPath } from "../core/path.ts";
import type { Action, ActionLabel, Aspect, Plan } from "../core/plan.ts";
import { actionsOf, labelOf } from "../core/plan.ts";

/** What there is to say of one action, on any screen and in any format. */
export interface ActionView {
  readonly action: ActionLabel;
  readonly path: RelPath;
  /** The name that a new hard link shares its content with, or that was moved or copied from, or the other of two swapped. */
  readonly from: RelPath | undefined;
  /** What stands at the path afterwards; what stood there, for a deletion. */
  readonly kind: EntryKind;
  /**
   * Bytes of a file as it will be, or as it was before its deletion, and of all files that move with a directory or another
   * file; `undefined` for other kinds.
   */
  readonly size: number | undefined;
  /** Bytes of the file that is replaced, where a file is replaced. */
  readonly oldSize: number | undefined;
  /** What a change of metadata changes. */
  readonly aspects: readonly Aspect[];
}

/** The view of an action, or `undefined` for housekeeping that nobody is shown. */
export function viewAction(action: Action): ActionView | undefined {
  const label = labelOf(action);
  if (label === undefined || action.type === "remove-leftover") return undefined;
  const entry = action.type === "remove" ? action.expected : action.entry;
  const old = action.type === "remove" ? undefined : action.expected;
  const hasAspects = action.type === "set-metadata" || action.type === "finish-directory";
  return {
    action: label,
    path: action.path,
    from: fromOf(action),
    kind: entry.kind,
    size: "carries" in action ? action.carries.bytes : sizeOf(entry),
    oldSize: action.type === "exchange" || old === undefined ? undefined : oldSizeOf(old, entry),
    aspects: hasAspects ? action.aspects : [],
  };
}

function fromOf(action: Action): RelPath | undefined {
  if (action.type === "move") return action.origin ?? action.from;
  return "from" in action ? action.from : undefined;
}

function sizeOf(entry: Entry): number | undefined {
  return entry.kind === "file" ? entry.size : undefined;
}

function oldSizeOf(old: Entry, entry: Entry): number | undefined {
  return entry.kind === "file" ? sizeOf(old) : undefined;
}

/** What a plan has to show, in the order in which it is carried out. */
export function* viewPlan(plan: Plan): Generator<ActionView> {
  for (const action of actionsOf(plan)) {
    const view = viewAction(action);
    if (view !== undefined) yield view;
  }
}
