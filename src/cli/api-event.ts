import type {
  ApiAction,
  ApiCounts,
  ApiEvent,
  ApiPath,
  ApiPlan,
  ApiSummary,
} from "../api/events.ts";
import { apiVersion } from "../api/events.ts";
import { viewAction } from "../app/action-view.ts";
import { summaryRecord } from "../app/summary-record.ts";
import type { ByteString } from "../base/byte-string.ts";
import { textOfBytes } from "../base/byte-string.ts";
import type { RunEvent, RunSummary } from "./run-event.ts";

/** What programs are told of an event, or `undefined` where it is not for them. */
export function toApiEvent(event: RunEvent): ApiEvent | undefined {
  switch (event.type) {
    case "start": {
      const { source, target, dryRun } = event;
      return { type: "start", version: apiVersion, source, target, dryRun };
    }
    case "phase":
      return undefined;
    case "plan":
      return planEvent(event);
    case "action":
      return actionEvent(event);
    case "problem": {
      const { path, side, code, message } = event.problem;
      return { type: "problem", target: event.target, ...apiPath(path), side, code, message };
    }
    case "guard": {
      const { guard, saw, would, advice } = event.trip;
      const { target, accepted } = event;
      return { type: "guard", target, guard, saw, would, advice, accepted };
    }
    case "notice":
      return { type: "notice", message: event.message };
    case "error": {
      const { target = null, code, message, hint = null } = event;
      return { type: "error", version: apiVersion, target, code, message, hint };
    }
    case "summary":
      return summaryEvent(event);
  }
}

function planEvent({ target, plan }: Extract<RunEvent, { type: "plan" }>): ApiPlan {
  const { checked, skipped, problems, totals } = plan;
  return {
    type: "plan",
    target,
    checked,
    ...countsOf(totals),
    skipped,
    problems: problems.length,
    bytes: totals.bytes,
    deletedBytes: totals.deletedBytes,
  };
}

function actionEvent(event: Extract<RunEvent, { type: "action" }>): ApiAction | undefined {
  const view = viewAction(event.action);
  if (view === undefined) return undefined;
  return {
    type: "action",
    target: event.target,
    action: view.action,
    ...apiPath(view.path),
    ...(view.from === undefined ? {} : apiFrom(view.from)),
    kind: view.kind,
    ...(view.size === undefined ? {} : { size: view.size }),
    ...(view.aspects.length === 0 ? {} : { aspects: view.aspects }),
    side: "target",
    outcome: event.outcome,
  };
}

function summaryEvent({ summary }: Extract<RunEvent, { type: "summary" }>): ApiSummary {
  const run = summary.run ?? null;
  return { type: "summary", version: apiVersion, run, ...summaryRecord(summary) };
}

/** Picks the counts by name: what is added to totals later does not slip into the format. */
function countsOf(totals: RunSummary["totals"]): ApiCounts {
  const { created, updated, moved, copied, deleted, metadata } = totals;
  return { created, updated, moved, copied, deleted, metadata };
}

/** A path as programs are told it. */
export function apiPath(path: ByteString): ApiPath {
  const text = textOfBytes(path);
  if (text !== undefined) return { path: text };
  return { path: lossyText(path), pathBytes: base64(path) };
}

function apiFrom(path: ByteString): { from: string; fromBytes?: string } {
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
