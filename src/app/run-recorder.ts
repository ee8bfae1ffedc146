import { labelOf } from "../core/plan.ts";
import type { Report, RunEvent } from "../engine/events.ts";
import type { RunBody } from "../state/state.ts";
import { actionRecord, problemRecord } from "./event-record.ts";

/** Lines that are kept of one run; of more there is only the number. */
const mostLines = 20_000;

/** Passes on what is reported, and keeps what a run did for the history. */
export interface RunRecorder {
  readonly report: Report;
  /** What was done to a target, and takes it out. */
  readonly take: (target: string) => RunBody;
}

type Kept = Extract<RunEvent, { type: "action" | "problem" }>;

export function newRunRecorder(report: Report): RunRecorder {
  const bodies = new Map<string, { lines: string[]; dropped: number }>();
  const keep = (target: string, event: Kept): void => {
    let body = bodies.get(target);
    if (body === undefined) bodies.set(target, (body = { lines: [], dropped: 0 }));
    if (body.lines.length >= mostLines) {
      if (isShown(event)) body.dropped++;
      return;
    }
    const record = event.type === "problem" ? problemRecord(event) : actionRecord(event);
    if (record !== undefined) body.lines.push(JSON.stringify(record));
  };
  return {
    report: (event) => {
      if (event.type === "action" || event.type === "problem") keep(event.target, event);
      report(event);
    },
    take: (target) => {
      const body = bodies.get(target) ?? { lines: [], dropped: 0 };
      bodies.delete(target);
      return body;
    },
  };
}

/** Not housekeeping, of which nobody is told. */
function isShown(event: Kept): boolean {
  if (event.type === "problem") return true;
  return event.action.type !== "remove-leftover" && labelOf(event.action) !== undefined;
}
