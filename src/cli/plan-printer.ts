import { formatDeleteLimit } from "../config/delete-limit.ts";
import { describeVersionRule } from "../config/version-rule.ts";
import type { ApiContent } from "../api/events.ts";
import type { Plan } from "../core/plan.ts";
import { pathRecord } from "../app/event-record.ts";
import type { DisplayRequest, Printing } from "./display.ts";
import { escapePath, safeJson } from "./escape.ts";
import { jsonPrinter } from "./json-printer.ts";
import { fullPlanLines, planLines } from "./plan-view.ts";
import type { Decision, Report, RunEvent } from "./run-event.ts";
import { shellWord } from "./shell-word.ts";
import { noticeLine, summaryLine } from "./text-lines.ts";
import type { TextPlace } from "./text-printer.ts";
import { textPrinter } from "./text-printer.ts";

/** How plans are shown. */
export interface PlanForm {
  /** Every action, not just the sum of them. */
  readonly full: boolean;
  /** Only the files whose content has to be sent. */
  readonly listContent: boolean;
  readonly now: () => number;
}

type Of<T extends RunEvent["type"]> = Extract<RunEvent, { type: T }>;

/** What `plan` prints: trouble as ever, and each plan when it has been saved. */
export function planPrinting(form: PlanForm): Printing {
  return ({ json = false, quiet = false }, request, { outPlace, remarks }) => {
    const trouble = textPrinter({
      results: { ...remarks, line: () => {} },
      remarks,
      quiet,
      listActions: false,
      nameTargets: request.targets.length > 1,
    });
    if (form.listContent) {
      const print = contentPrinter(outPlace, json);
      const rest: Report = (event) => {
        if (event.type === "saved") noteSaved(event, remarks, quiet);
      };
      const ends = jsonPrinter(outPlace.line, true);
      return json ? [trouble, print, rest, ends] : [trouble, print, rest];
    }
    if (json) return [trouble, jsonPrinter(outPlace.line, quiet)];
    return quiet ? [trouble] : [butForGuards(trouble), planPrinter(request, form, outPlace)];
  };
}

/** Guards stand in the plan, where there is one. */
function butForGuards(trouble: Report): Report {
  const made = new Set<string>();
  return (event) => {
    if (event.type === "plan") made.add(event.target);
    if (event.type !== "guard" || !made.has(event.target)) trouble(event);
  };
}

/** Shows each plan as soon as it is known where it is kept. */
function planPrinter(request: DisplayRequest, form: PlanForm, place: TextPlace): Report {
  const made = new Map<string, Decision>();
  return (event) => {
    if (event.type === "plan") made.set(event.target, event);
    if (event.type === "summary" && !made.has(event.target)) {
      place.line(summaryLine(event.summary, place.look));
    }
    const decision = event.type === "saved" ? made.get(event.target) : undefined;
    if (event.type !== "saved" || decision === undefined) return;
    const review = reviewOf(request, event, decision, form.now());
    const lines = planLines(review, place.look);
    if (form.full) lines.splice(1, 0, ...fullPlanLines(review, place.look), "");
    lines.forEach(place.line);
  };
}

function reviewOf(
  { source, deleteLimit, accept, versions: rule }: DisplayRequest,
  { target, ...saved }: Of<"saved">,
  { plan, guards, room }: Decision,
  now: number,
): Parameters<typeof planLines>[0] {
  const limit = formatDeleteLimit(deleteLimit);
  const versions = rule.keep === "none" ? undefined : describeVersionRule(rule);
  const told = { source, target, plan, guards, room, versions };
  return { ...told, deleteLimit: limit, accepted: accept, saved: { ...saved, now } };
}

function contentPrinter({ line }: TextPlace, json: boolean): Report {
  return (event) => {
    if (event.type !== "plan") return;
    for (const content of contentOf(event.plan)) {
      line(json ? safeJson(contentObject(event.target, content)) : escapePath(content.path));
    }
  };
}

interface Content {
  readonly path: Parameters<typeof escapePath>[0];
  readonly size: number;
}

/** Files of the source whose content the target does not have. */
function* contentOf({ phases }: Plan): Generator<Content> {
  for (const action of [...phases.content, ...phases.replacements]) {
    if (action.type !== "put-file") continue;
    yield { path: action.content ?? action.path, size: action.entry.size };
  }
}

function contentObject(target: string, { path, size }: Content): ApiContent {
  return { type: "content", target, ...pathRecord(path), size };
}

function noteSaved({ id, file }: Of<"saved">, { line, look }: TextPlace, quiet: boolean): void {
  if (quiet || id === undefined) return;
  line(noticeLine(`the plan is saved: syncline apply ${shellWord(file ?? id)}`, look));
}
