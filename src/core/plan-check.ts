import { shownBytes } from "../base/byte-string.ts";
import type { Action, Phases } from "./plan.ts";
import type { Span } from "./plan-needs.ts";

/** An action of a plan that was written down, and from which actions may have been taken out since. */
export interface PlanStep {
  /** In the plan as it was made, from 1 on. */
  readonly number: number;
  /** Of the file that it was read from, from 1 on. */
  readonly line: number;
  readonly phase: keyof Phases;
  readonly action: Action;
  /** What it builds on: numbers of other steps. */
  readonly needs: readonly Span[];
}

/** A step that makes no sense without another one. */
export interface Offence {
  readonly line: number;
  /** A sentence without its line. */
  readonly message: string;
}

export interface EditedPlan {
  /** What is left to be done. */
  readonly steps: readonly PlanStep[];
  readonly offences: readonly Offence[];
}

/**
 * Looks whether a plan still makes sense after actions were taken out. What merely finishes a directory goes along with
 * whatever made that directory; any other step that has lost what it builds on is an offence.
 */
export function checkEdited(steps: readonly PlanStep[]): EditedPlan {
  const count = steps.at(-1)?.number ?? 0;
  // Nothing is missing: the usual case.
  if (
    steps.length === count &&
    steps.every(({ needs }) => needs.every(([, last]) => last <= count))
  )
    return { steps, offences: [] };
  const before = countBefore(steps);
  const present = (upTo: number): number => before[Math.min(upTo, before.length - 1)]!;
  const missing = (step: PlanStep): Span | undefined =>
    step.needs.find(([first, last]) => present(last) - present(first - 1) < last - first + 1);
  const left: PlanStep[] = [];
  const offences: Offence[] = [];
  for (const step of steps) {
    const lost = missing(step);
    if (lost === undefined) left.push(step);
    else if (step.action.type !== "finish-directory")
      offences.push({ line: step.line, message: explain(step.action, lost) });
  }
  return { steps: left, offences };
}

/** How many steps there are up to each number. */
function countBefore(steps: readonly PlanStep[]): Uint32Array {
  const counts = new Uint32Array((steps.at(-1)?.number ?? 0) + 1);
  for (const { number } of steps) counts[number] = 1;
  for (let i = 1; i < counts.length; i++) counts[i]! += counts[i - 1]!;
  return counts;
}

function explain(action: Action, [first, last]: Span): string {
  const lost = first === last ? `action ${first}` : `one of the actions ${first} to ${last}`;
  const name = `"${shownBytes(action.path)}"`;
  switch (action.type) {
    case "remove":
      return action.expected.kind === "directory"
        ? `it deletes the directory ${name}, and ${lost}, which empties it first, was taken out`
        : `it deletes ${name}, and ${lost}, which brings it there, was taken out`;
    case "move":
      return `it moves "${shownBytes(action.from)}" to ${name}, and ${lost}, without which that leads nowhere, was taken out`;
    case "exchange":
      return `it swaps "${shownBytes(action.from)}" and ${name}, and ${lost}, without which that leads nowhere, was taken out`;
    case "link":
      return `it makes ${name} a further name of "${shownBytes(action.from)}", and ${lost}, which has to come first, was taken out`;
    case "copy-file":
      return `it copies "${shownBytes(action.from)}" to ${name}, and ${lost}, which has to come first, was taken out`;
    default:
      return `it works at ${name}, and ${lost}, which makes the place ready, was taken out`;
  }
}
