import { SyncError } from "../../base/errors.ts";
import type { RelPath } from "../../core/path.ts";
import { parseRelPath } from "../../core/path.ts";
import type { PlanStep } from "../../core/plan-check.ts";
import { phaseNames } from "../../core/plan.ts";
import type { Problem, ProblemCode } from "../../core/problem.ts";
import { decodeAction } from "./decode-action.ts";
import { decodeHeader } from "./decode-header.ts";
import type { Fields } from "./fields.ts";
import { BadLine, bytesOf, fieldsOf, integerOf, textOf, wordOf } from "./fields.ts";
import type { OwnNames, PlanHeader, PlanDocument } from "./plan-document.ts";
import { planLimits } from "./plan-document.ts";
import { splitLines } from "./split-lines.ts";

/** A plan as it was read, each action with its line. */
export interface DecodedPlan extends Omit<PlanDocument, "actions"> {
  readonly actions: readonly PlanStep[];
  /** Actions that it had when it was made. */
  readonly planned: number;
}

/** What has been read so far. */
interface Draft {
  readonly actions: PlanStep[];
  readonly problems: Problem[];
  readonly folded: (readonly [RelPath, RelPath])[];
  readonly nested: RelPath[];
  /** Acted upon in the present phase. */
  readonly seen: Set<RelPath>;
  end: { readonly lines: number; readonly actions: number } | undefined;
}

const sides = { source: true, target: true } as const;
const codes: Readonly<Record<ProblemCode, true>> = {
  unreadable: true,
  vanished: true,
  changed: true,
  "name-too-long": true,
  "too-deep": true,
  "no-space": true,
  quota: true,
  "read-only": true,
  "not-permitted": true,
  unsupported: true,
  busy: true,
  io: true,
  "not-empty": true,
  exists: true,
  blocked: true,
  "foreign-mount": true,
  "unsafe-link": true,
  folding: true,
  "too-many-links": true,
  "too-large": true,
};

const problemFields = new Set(["type", "path", "pathBytes", "side", "code", "message"]);
const foldedFields = new Set(["type", "path", "pathBytes", "other", "otherBytes"]);
const nestedFields = new Set(["type", "path", "pathBytes"]);
const endFields = new Set(["type", "lines", "actions"]);

/**
 * Reads a plan that may have been edited, or made up. Whatever is wrong with it is a `USAGE` error that says the line;
 * `name` is what the plan is called in it. Lines that are missing are seen only where they leave a trace here: whether the
 * rest still makes sense is {@link PlanStep}'s `needs` to tell.
 */
export function decodePlan(
  pieces: Iterable<Uint8Array>,
  name: string,
  names: OwnNames,
): DecodedPlan {
  const draft: Draft = {
    actions: [],
    problems: [],
    folded: [],
    nested: [],
    seen: new Set(),
    end: undefined,
  };
  let header: PlanHeader | undefined;
  let line = 0;
  try {
    const lines = splitLines(pieces);
    for (;;) {
      line++;
      const { done, value: text } = lines.next();
      if (done === true) break;
      if (draft.end !== undefined) throw new BadLine("something follows the end");
      if (line > planLimits.lines + 2) throw new BadLine("there are too many lines");
      const value = parseJson(text);
      if (header === undefined) header = decodeHeader(value);
      else addLine(draft, value as Fields, line, names);
    }
    if (header === undefined) throw new BadLine("this is not a plan of Syncline's");
    if (draft.end === undefined) throw new BadLine("the end is missing: the file was cut off");
  } catch (error) {
    if (!(error instanceof BadLine)) throw error;
    throw new SyncError("USAGE", `${name}:${line}: ${error.message}`, {
      hint: "Nothing was touched. Lines of actions may be taken out of a plan, and nothing else changed.",
    });
  }
  const { actions, problems, folded, nested } = draft;
  const planned = draft.end.actions;
  return { header, actions, planned, problems, concerns: { folded, nested } };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new BadLine("this is not JSON");
  }
}

function addLine(draft: Draft, value: Fields, line: number, names: OwnNames): void {
  switch (typeof value === "object" && value !== null ? value["type"] : undefined) {
    case "action":
      addAction(draft, value, line, names);
      return;
    case "problem": {
      const fields = fieldsOf(value, "the problem", problemFields);
      draft.problems.push({
        path: pathIn(fields, "path"),
        side: wordOf(fields["side"], "side", sides),
        code: wordOf(fields["code"], "code", codes),
        message: textOf(fields["message"], "message", 65_536),
      });
      return;
    }
    case "folded": {
      const fields = fieldsOf(value, "the line", foldedFields);
      draft.folded.push([pathIn(fields, "path"), pathIn(fields, "other")]);
      return;
    }
    case "nested":
      draft.nested.push(pathIn(fieldsOf(value, "the line", nestedFields), "path"));
      return;
    case "end": {
      const fields = fieldsOf(value, "the end", endFields);
      const lines = integerOf(fields["lines"], "lines", planLimits.lines);
      draft.end = { lines, actions: integerOf(fields["actions"], "actions", lines) };
      checkEnd(draft, draft.end);
      return;
    }
    default:
      throw new BadLine("this is no line of a plan");
  }
}

function addAction(draft: Draft, value: Fields, line: number, names: OwnNames): void {
  if (draft.problems.length + draft.folded.length + draft.nested.length > 0) {
    throw new BadLine("an action stands where no more actions can be");
  }
  const step = decodeAction(value, line, names);
  const before = draft.actions.at(-1);
  if (before !== undefined && step.number <= before.number) {
    throw new BadLine(`action ${step.number} stands after action ${before.number}`);
  }
  if (before?.phase !== step.phase) {
    if (before !== undefined && orderOf(step.phase) < orderOf(before.phase)) {
      throw new BadLine(`the phase ${step.phase} stands after ${before.phase}`);
    }
    draft.seen.clear();
  }
  // While names change hands, one may well be given away more than once.
  if (step.phase !== "moves") {
    if (draft.seen.has(step.action.path)) throw new BadLine("its path has been there before");
    draft.seen.add(step.action.path);
  }
  draft.actions.push(step);
}

function orderOf(phase: PlanStep["phase"]): number {
  return phaseNames.indexOf(phase);
}

/** Actions may have been taken out: there are no more than there were, and of the rest as many. */
function checkEnd(draft: Draft, end: { readonly lines: number; readonly actions: number }): void {
  const { actions, problems, folded, nested } = draft;
  if ((actions.at(-1)?.number ?? 0) > end.actions) throw new BadLine("there are too many actions");
  if (problems.length + folded.length + nested.length !== end.lines - end.actions) {
    throw new BadLine("other lines than those of actions are missing, or too many");
  }
}

/** A path that is only spoken of; the root may be. */
function pathIn(fields: Fields, key: string): RelPath {
  const path = parseRelPath(bytesOf(fields, key, 65_536));
  if (path === undefined) throw new BadLine(`${key} is not a path`);
  return path;
}
