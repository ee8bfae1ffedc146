import { toApiEvent } from "./api-event.ts";
import { safeJson } from "./escape.ts";
import type { Report } from "./run-event.ts";

const evenIfQuiet: ReadonlySet<string> = new Set(["problem", "guard", "error", "summary"]);

/** Prints a run for programs: one object a line. Quiet leaves what went wrong, and how it ended. */
export function jsonPrinter(line: (text: string) => void, quiet: boolean): Report {
  return (event) => {
    if (quiet && !evenIfQuiet.has(event.type)) return;
    const said = toApiEvent(event);
    if (said !== undefined) line(safeJson(said));
  };
}
