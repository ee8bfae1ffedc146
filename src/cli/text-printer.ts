import { viewAction } from "../app/action-view.ts";
import type { Look } from "./look.ts";
import type { Report, RunEvent } from "./run-event.ts";
import {
  actionLine,
  errorLines,
  guardLines,
  noticeLine,
  problemLine,
  summaryLine,
} from "./text-lines.ts";

/** Where lines for people go, and how they look there. */
export interface TextPlace {
  readonly look: Look;
  readonly line: (text: string) => void;
}

export interface TextOptions {
  /** What was asked for: results and lists. */
  readonly results: TextPlace;
  /** What is said along the way: problems, notices. */
  readonly remarks: TextPlace;
  /** Only trouble is worth a word. */
  readonly quiet: boolean;
  /** Every action is. */
  readonly listActions: boolean;
  /** Several targets are under way, so each line says which one it means. */
  readonly nameTargets: boolean;
}

/** Prints a run for people. A dry run lists its actions as the real run does with `-v`, line by line the same. */
export function textPrinter(options: TextOptions): Report {
  const { results, remarks, quiet } = options;
  const say = (lines: readonly string[]) => lines.forEach(remarks.line);
  return (event) => {
    switch (event.type) {
      case "start":
      case "phase":
      case "plan":
      case "saved":
        return;
      case "action":
        if (!quiet && options.listActions) listAction(event, results);
        return;
      case "problem": {
        const target = options.nameTargets ? event.target : undefined;
        return say([problemLine(event.problem, target, remarks.look)]);
      }
      case "guard":
        return say(guardLines(event.trip, event.target, event.accepted, remarks.look));
      case "notice":
        return quiet ? undefined : say([noticeLine(event.message, remarks.look)]);
      case "error":
        return say(errorLines(event, remarks.look));
      case "summary":
        if (!quiet) results.line(summaryLine(event.summary, results.look));
    }
  };
}

function listAction(event: Extract<RunEvent, { type: "action" }>, { line, look }: TextPlace): void {
  const view = event.outcome === "failed" ? undefined : viewAction(event.action);
  if (view !== undefined) line(actionLine(view, look));
}
