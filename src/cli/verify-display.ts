import type { VerifyContext, VerifyRequest } from "../app/verify.ts";
import { safeJson } from "./escape.ts";
import type { Host } from "./host.ts";
import { openProgress } from "./live-progress.ts";
import { lookOf } from "./look.ts";
import type { Output } from "./output.ts";
import { openOutputs } from "./output.ts";
import { errorLines, noticeLine, problemLine } from "./text-lines.ts";
import { toApiVerifyEvent } from "./verify-api-event.ts";
import type { VerifyEvent } from "./verify-lines.ts";
import { differenceLine, verifySummaryLine } from "./verify-lines.ts";
import type { VerifyOptions } from "./verify-options.ts";

/** Everything that shows a verification, as one. */
export interface VerifyDisplay extends Pick<VerifyContext, "report" | "watch">, AsyncDisposable {
  /** Says something about the process itself. */
  readonly say: (words: string) => void;
}

const tickGap = 100;
const defaultLogSize = 10 * 1024 * 1024;
const evenIfQuiet: ReadonlySet<string> = new Set(["problem", "error", "summary"]);

/** Puts together what the options ask for. Throws a usage error where the log cannot be opened. */
export async function openVerifyDisplay(
  options: VerifyOptions,
  request: VerifyRequest,
  host: Host,
): Promise<VerifyDisplay> {
  const { out, err } = openOutputs(host.stdout, host.stderr);
  const look = lookOf(host.variables, err.isTerminal);
  const form = formOf(options, err);
  const progress = openProgress({ form, source: request.source, err, look, clock: host.clock });
  const lineTo = (output: Output) => (text: string) => {
    const write = () => output.write(`${text}\n`);
    if (output.isTerminal) progress.above(write);
    else write();
  };
  const remark = lineTo(err);
  const say = (words: string) => remark(`syncline: ${words}`);
  const log = await openLog(options, say);
  const isJson = options.json === true;
  const isQuiet = options.quiet === true;
  const result = isJson
    ? { look, line: remark }
    : { look: lookOf(host.variables, out.isTerminal), line: lineTo(out) };
  const object = lineTo(out);

  const print = (event: VerifyEvent): void => {
    switch (event.type) {
      case "start":
        if (form === "plain") remark(`comparing ${request.source} with ${request.target}`);
        return;
      case "phase":
        return progress.note(event);
      case "difference":
        if (!isQuiet) result.line(differenceLine(event.difference, request, result.look));
        return;
      case "problem":
        return remark(problemLine(event.problem, undefined, look));
      case "notice":
        return isQuiet ? undefined : remark(noticeLine(event.message, look));
      case "error":
        return errorLines(event, look).forEach(remark);
      case "summary":
        progress.pause();
        if (!isQuiet) result.line(verifySummaryLine(event.summary, result.look));
    }
  };
  const report = (event: VerifyEvent): void => {
    print(event);
    if (!isJson && log === undefined) return;
    const said = toApiVerifyEvent(event);
    if (said === undefined) return;
    if (isJson && (!isQuiet || evenIfQuiet.has(event.type))) object(safeJson(said));
    log?.write(safeJson({ time: new Date(host.clock.now()).toISOString(), ...said }));
  };
  const ticker = setInterval(progress.tick, tickGap);
  const finish = () => {
    progress.pause();
    log?.flush();
    return Promise.all([out.flush(), err.flush()]);
  };
  // The last Ctrl-C ends the process on the spot: the cursor must be back by then, and everything said.
  host.onExit(() => void finish());
  return {
    report,
    watch: progress.watch,
    say,
    [Symbol.asyncDispose]: async () => {
      clearInterval(ticker);
      await finish();
    },
  };
}

function formOf({ progress, quiet }: VerifyOptions, err: Output): "window" | "plain" | "none" {
  if (quiet === true || progress === "none") return "none";
  return progress === "auto" && err.isTerminal ? "window" : "plain";
}

async function openLog(
  { log, logMaxSize = defaultLogSize }: VerifyOptions,
  say: (words: string) => void,
) {
  if (log === undefined) return undefined;
  const { openLogFile } = await import("./log-file.ts");
  return openLogFile(log, logMaxSize, say);
}
