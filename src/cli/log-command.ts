import { apiVersion } from "../api/events.ts";
import { didSomething, pastEvent, pastSummary } from "../app/past-events.ts";
import type { PastRun, PastRunEvents } from "../app/past-runs.ts";
import { pastRun, stateHome } from "../app/past-runs.ts";
import { SyncError } from "../base/errors.ts";
import { safeJson } from "./escape.ts";
import { plural } from "./format.ts";
import type { Host } from "./host.ts";
import type { LogOptions } from "./log-options.ts";
import type { Look } from "./look.ts";
import { lookOf } from "./look.ts";
import { openOutputs } from "./output.ts";
import { actionLine, noticeLine, problemLine, summaryLine } from "./text-lines.ts";

/** `syncline log`: what one run did, as `mirror -v` said it. Returns the exit code; throws a usage error for no such run. */
export async function logCommand(number: number, options: LogOptions, host: Host): Promise<number> {
  const { out, err } = openOutputs(host.stdout, host.stderr);
  const look = lookOf(host.variables, out.isTerminal);
  const errLook = lookOf(host.variables, err.isTerminal);
  const stateDir = options.state ?? stateHome(host.variables);
  const events = await pastRun(stateDir, number, (message) =>
    err.write(`${noticeLine(message, errLook)}\n`),
  );
  if (events === undefined) {
    await err.flush();
    throw new SyncError("USAGE", `there is no run ${number} in the history`, {
      hint: "syncline history lists the runs there are.",
    });
  }
  const lines = options.json === true ? jsonLines(events) : textLines(events, look);
  for (const line of lines) out.write(`${line}\n`);
  const missing = missingOf(events);
  if (missing !== undefined && options.json !== true) {
    err.write(`${noticeLine(missing, errLook)}\n`);
  }
  await Promise.all([out.flush(), err.flush()]);
  return 0;
}

function* textLines({ run, body }: PastRunEvents, look: Look): Generator<string> {
  for (const line of body?.lines ?? []) {
    const event = pastEvent(line);
    if (event.type === "problem") yield problemLine(event.problem, undefined, look);
    else if (event.outcome !== "failed") yield actionLine(event.view, look);
  }
  yield summaryLine(pastSummary(run), look);
}

function* jsonLines(events: PastRunEvents): Generator<string> {
  for (const line of events.body?.lines ?? []) yield safeJson(JSON.parse(line));
  const message = missingOf(events);
  if (message !== undefined) yield safeJson({ type: "notice", message });
  yield safeJson(toApiSummary(events.run));
}

/** What is not known of the run any more, if anything. */
function missingOf({ run, body }: PastRunEvents): string | undefined {
  if (body === undefined) {
    return didSomething(run) ? `what run ${run.number} did is not kept any more` : undefined;
  }
  if (body.dropped === 0) return undefined;
  return `${plural(body.dropped, "more line")} of run ${run.number} were not kept`;
}

function toApiSummary({ number, summary }: PastRun): Record<string, unknown> {
  return { type: "summary", version: apiVersion, run: number, ...summary };
}
