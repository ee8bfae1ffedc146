import type { PastRun } from "../app/past-runs.ts";
import { pastRuns, stateHome } from "../app/past-runs.ts";
import { escapeText, safeJson } from "./escape.ts";
import { formatElapsed, formatLocalTime } from "./format.ts";
import type { HistoryOptions } from "./history-options.ts";
import type { Host } from "./host.ts";
import type { Look } from "./look.ts";
import { lookOf } from "./look.ts";
import { openOutputs } from "./output.ts";
import { noticeLine } from "./text-lines.ts";

const results: Readonly<Record<number, string>> = {
  0: "done",
  1: "failed",
  3: "problems",
  5: "halted by a guard",
  6: "locked",
  10: "out of reach",
  130: "interrupted",
};

/** `syncline history`: the runs that were recorded. Returns the exit code. */
export async function historyCommand(options: HistoryOptions, host: Host): Promise<number> {
  const { out, err } = openOutputs(host.stdout, host.stderr);
  const errLook = lookOf(host.variables, err.isTerminal);
  const stateDir = options.state ?? stateHome(host.variables);
  const runs = await pastRuns(stateDir, options.limit, (message) =>
    err.write(`${noticeLine(message, errLook)}\n`),
  );
  const look = lookOf(host.variables, out.isTerminal);
  for (const run of runs) {
    out.write(`${options.json === true ? safeJson(toApiRun(run)) : runLine(run, look)}\n`);
  }
  if (runs.length === 0) err.write(`${noticeLine("no runs have been recorded", errLook)}\n`);
  await Promise.all([out.flush(), err.flush()]);
  return 0;
}

/** One run on one line: number, when it began, how it ended and how long that took, what it was. */
function runLine(run: PastRun, { glyphs, paint }: Look): string {
  const when = formatLocalTime(Date.parse(run.startedAt));
  const result = results[run.exitCode] ?? `exit code ${run.exitCode}`;
  const tone = run.exitCode === 0 ? "green" : run.exitCode === 1 ? "red" : "yellow";
  const route = `${escapeText(run.source)} ${glyphs.arrow} ${escapeText(run.target)}`;
  const took = formatElapsed(run.durationMs).padStart(7);
  return `${String(run.number).padStart(5)}  ${when}  ${paint(tone, result.padEnd(17))}  ${took}  ${route}`;
}

function toApiRun(run: PastRun): Record<string, unknown> {
  const { number, source, target, startedAt, durationMs, exitCode, summary } = run;
  return { type: "run", run: number, source, target, startedAt, durationMs, exitCode, summary };
}
