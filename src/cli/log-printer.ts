import type { Clock } from "../base/clock.ts";
import { toApiEvent } from "./api-event.ts";
import { safeJson } from "./escape.ts";
import type { LogFile } from "./log-file.ts";
import type { Report } from "./run-event.ts";

/** Records a run in a log: the objects of `--json`, each with the time at which it was said. */
export function logPrinter(log: LogFile, clock: Clock): Report {
  return (event) => {
    const said = toApiEvent(event);
    if (said === undefined) return;
    log.write(safeJson({ time: new Date(clock.now()).toISOString(), ...said }));
    if (event.type === "summary" || event.type === "error") log.flush();
  };
}
