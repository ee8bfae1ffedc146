import type { ApiVerifyEvent } from "../api/events.ts";
import { apiVersion } from "../api/events.ts";
import { pathRecord } from "../app/event-record.ts";
import { exitCodeOf } from "../app/verify.ts";
import type { VerifyEvent } from "./verify-lines.ts";

/** What programs are told of a verification's event, or `undefined` where it is not for them. */
export function toApiVerifyEvent(event: VerifyEvent): ApiVerifyEvent | undefined {
  switch (event.type) {
    case "start": {
      const { source, target, hash } = event;
      return { type: "start", version: apiVersion, source, target, hash };
    }
    case "phase":
      return undefined;
    case "difference": {
      const { path, only, aspects, corrupt, sourceKind, targetKind } = event.difference;
      return {
        type: "difference",
        target: event.target,
        ...pathRecord(path),
        only: only ?? null,
        aspects,
        corrupt,
        sourceKind: sourceKind ?? null,
        targetKind: targetKind ?? null,
      };
    }
    case "problem": {
      const { path, side, code, message } = event.problem;
      return { type: "problem", target: event.target, ...pathRecord(path), side, code, message };
    }
    case "notice":
      return { type: "notice", message: event.message };
    case "error": {
      const { target, code, message, hint = null } = event;
      return { type: "error", version: apiVersion, target, code, message, hint };
    }
    case "summary":
      return summaryEvent(event);
  }
}

/** Picks what is said by name: what is added to the summary later does not slip into the format. */
function summaryEvent({ summary }: Extract<VerifyEvent, { type: "summary" }>): ApiVerifyEvent {
  return {
    type: "summary",
    version: apiVersion,
    run: null,
    source: summary.source,
    target: summary.target,
    checked: summary.checked,
    skipped: summary.skipped,
    different: summary.different,
    onlySource: summary.onlySource,
    onlyTarget: summary.onlyTarget,
    corrupt: summary.corrupt,
    problems: summary.problems,
    unremembered: summary.unremembered ?? null,
    bytesCompared: summary.bytesCompared,
    bytesSent: summary.sent,
    bytesReceived: summary.received,
    durationMs: summary.durationMs,
    exitCode: exitCodeOf(summary),
  };
}
