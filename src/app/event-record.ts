import type { ByteString } from "../base/byte-string.ts";
import { textOfBytes } from "../base/byte-string.ts";
import type { EntryKind } from "../core/entry.ts";
import type { ActionLabel } from "../core/plan.ts";
import type { Side } from "../core/problem.ts";
import type { RunEvent } from "../engine/events.ts";
import { viewAction } from "./action-view.ts";

/** A path as it leaves the program. */
export interface PathRecord {
  readonly path: string;
  /** The exact bytes in base64, only where they are not valid UTF-8. */
  readonly pathBytes?: string;
}

/** An action as it leaves the program: as CLI.md names it. */
export interface ActionRecord extends PathRecord {
  readonly type: "action";
  readonly target: string;
  readonly action: ActionLabel;
  readonly from?: string;
  readonly fromBytes?: string;
  readonly kind: EntryKind;
  readonly size?: number;
  readonly aspects?: readonly string[];
  readonly side: "target";
  readonly outcome: "planned" | "done" | "failed";
}

/** A problem as it leaves the program. */
export interface ProblemRecord extends PathRecord {
  readonly type: "problem";
  readonly target: string;
  readonly side: Side;
  readonly code: string;
  readonly message: string;
}

/**
 * The one place where actions and problems get their outer form: programs are told it, and the history keeps it.
 * `undefined` for housekeeping that nobody is shown.
 */
export function actionRecord(
  event: Extract<RunEvent, { type: "action" }>,
): ActionRecord | undefined {
  const view = viewAction(event.action);
  if (view === undefined) return undefined;
  return {
    type: "action",
    target: event.target,
    action: view.action,
    ...pathRecord(view.path),
    ...(view.from === undefined ? {} : fromRecord(view.from)),
    kind: view.kind,
    ...(view.size === undefined ? {} : { size: view.size }),
    ...(view.aspects.length === 0 ? {} : { aspects: view.aspects }),
    side: "target",
    outcome: event.outcome,
  };
}

export function problemRecord(event: Extract<RunEvent, { type: "problem" }>): ProblemRecord {
  const { path, side, code, message } = event.problem;
  return { type: "problem", target: event.target, ...pathRecord(path), side, code, message };
}

export function pathRecord(path: ByteString): PathRecord {
  const text = textOfBytes(path);
  if (text !== undefined) return { path: text };
  return { path: lossyText(path), pathBytes: base64(path) };
}

function fromRecord(path: ByteString): { from: string; fromBytes?: string } {
  const text = textOfBytes(path);
  if (text !== undefined) return { from: text };
  return { from: lossyText(path), fromBytes: base64(path) };
}

function lossyText(path: ByteString): string {
  return Buffer.from(path, "latin1").toString("utf8");
}

function base64(path: ByteString): string {
  return Buffer.from(path, "latin1").toString("base64");
}
