import type { ApiCounts, ApiEvent, ApiPlan, ApiSummary } from "../api/events.ts";
import { apiVersion } from "../api/events.ts";
import { actionRecord, problemRecord } from "../app/event-record.ts";
import { summaryRecord } from "../app/summary-record.ts";
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
      return actionRecord(event);
    case "problem":
      return problemRecord(event);
    case "guard": {
      const { guard, saw, would, advice } = event.trip;
      const { target, accepted } = event;
      return { type: "guard", target, guard, saw, would, advice, accepted };
    }
    case "saved": {
      const { target, id = null, madeAt, file = null, appliedAt = null } = event;
      const moment = new Date(madeAt).toISOString();
      return { type: "saved", version: apiVersion, target, id, madeAt: moment, file, appliedAt };
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

function summaryEvent({ summary }: Extract<RunEvent, { type: "summary" }>): ApiSummary {
  const run = summary.run ?? null;
  return { type: "summary", version: apiVersion, run, ...summaryRecord(summary) };
}

/** Picks the counts by name: what is added to totals later does not slip into the format. */
function countsOf(totals: RunSummary["totals"]): ApiCounts {
  const { created, updated, moved, copied, deleted, metadata } = totals;
  return { created, updated, moved, copied, deleted, metadata };
}
