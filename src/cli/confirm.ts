import { ask } from "./ask.ts";
import type { PlanToReview } from "./plan-view.ts";
import { fullPlanLines, planLines } from "./plan-view.ts";
import type { TextPlace } from "./text-printer.ts";

/** A terminal on which a question can be asked and answered. */
export interface Dialogue {
  readonly input: NodeJS.ReadableStream;
  readonly place: TextPlace;
  /** Writes without ending the line. */
  readonly write: (text: string) => void;
  /** Nobody waits for an answer any more. */
  readonly signal: AbortSignal;
}

/** Shows a plan and asks whether to carry it out. Anything but a clear yes is a no. */
export async function confirmPlan(review: PlanToReview, dialogue: Dialogue): Promise<boolean> {
  const { place, input, write, signal } = dialogue;
  planLines(review, place.look).forEach(place.line);
  for (;;) {
    const answer = await ask("Apply? [y]es, [n]o, [v]iew all: ", input, write, signal);
    switch (answer?.trim().toLowerCase()) {
      case "y":
      case "yes":
        return true;
      case "v":
      case "view":
      case "view all":
        fullPlanLines(review, place.look).forEach(place.line);
        break;
      case "n":
      case "no":
      case undefined:
        return false;
      default:
        place.line("Please answer y, n or v.");
    }
  }
}
