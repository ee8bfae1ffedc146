import type { MirrorRequest, RunContext } from "../app/request.ts";
import { formatDeleteLimit } from "../config/delete-limit.ts";
import type { Dialogue } from "./confirm.ts";
import { formatLocalTime } from "./format.ts";
import type { Host } from "./host.ts";
import { jsonPrinter } from "./json-printer.ts";
import { openProgress } from "./live-progress.ts";
import type { LogFile } from "./log-file.ts";
import { lookOf } from "./look.ts";
import type { MirrorOptions } from "./mirror-options.ts";
import type { Output } from "./output.ts";
import { openOutputs } from "./output.ts";
import type { Report } from "./run-event.ts";
import type { TextPlace } from "./text-printer.ts";
import { textPrinter } from "./text-printer.ts";

/** Everything that shows a run, as one. */
export interface Display extends Pick<RunContext, "report" | "watch">, AsyncDisposable {
  /** Shows a plan and asks. The signal says that no answer is waited for any more. */
  readonly confirm: (
    signal: AbortSignal,
    ...plan: Parameters<RunContext["confirm"]>
  ) => Promise<boolean>;
  /** Told when the next run is due. */
  readonly onWait: (due: number) => void;
  /** Says something about the process itself. */
  readonly say: (words: string) => void;
}

const frameGap = 100;
const defaultLogSize = 10 * 1024 * 1024;

/** Puts together what the options ask for. Throws a usage error where the log cannot be opened. */
export async function openDisplay(
  options: MirrorOptions,
  request: MirrorRequest,
  host: Host,
): Promise<Display> {
  const { json = false, quiet = false, verbose = false } = options;
  const { clock } = host;
  const { out, err } = openOutputs(host.stdout, host.stderr);
  const errLook = lookOf(host.variables, err.isTerminal);
  const progress = openProgress({
    form: formOf(options, err),
    source: request.source,
    err,
    look: errLook,
    clock,
  });
  const remarks: TextPlace = {
    look: errLook,
    line: (text) => progress.above(() => err.write(`${text}\n`)),
  };
  const outPlace: TextPlace = {
    look: lookOf(host.variables, out.isTerminal),
    // What goes elsewhere has no need to wait for the window.
    line: (text) =>
      out.isTerminal ? progress.above(() => out.write(`${text}\n`)) : out.write(`${text}\n`),
  };
  const results = json ? remarks : outPlace;
  const say = (words: string) => remarks.line(`syncline: ${words}`);
  const log = await openLog(options, say);
  const printers: Report[] = [
    progress.note,
    textPrinter({
      results,
      remarks,
      quiet,
      listActions: verbose || (request.dryRun && !json),
      nameTargets: request.targets.length > 1,
    }),
    ...(json ? [jsonPrinter(outPlace.line, quiet)] : []),
    ...(log === undefined ? [] : [(await import("./log-printer.ts")).logPrinter(log, clock)]),
  ];
  const ticker = setInterval(() => {
    progress.tick();
    log?.flush();
  }, frameGap);
  // The second Ctrl-C ends the process on the spot, and the cursor must be back by then.
  host.onExit(() => {
    progress.pause();
    log?.flush();
    void Promise.all([out.flush(), err.flush()]);
  });

  let asked: Promise<unknown> = Promise.resolve();
  return {
    report: (event) => printers.forEach((print) => print(event)),
    watch: progress.watch,
    confirm: (signal, target, plan, guards) => {
      const deleteLimit = formatDeleteLimit(request.deleteLimit);
      const review = { source: request.source, target, plan, guards, deleteLimit };
      // Targets are asked about one after the other, however many are ready at once.
      const answer = asked.then(async () => {
        const { confirmPlan } = await import("./confirm.ts");
        progress.pause();
        try {
          return await confirmPlan(review, dialogue(signal));
        } finally {
          progress.resume();
        }
      });
      asked = answer.catch(() => {});
      return answer;
    },
    onWait: (due) => {
      if (!quiet) remarks.line(`next run at ${formatLocalTime(due)}`);
    },
    say,
    [Symbol.asyncDispose]: async () => {
      clearInterval(ticker);
      progress.pause();
      log?.close();
      await Promise.all([out.flush(), err.flush()]);
    },
  };

  /** A plan belongs to standard output, unless that is not what the one who is asked is looking at. */
  function dialogue(signal: AbortSignal): Dialogue {
    const isSeen = !json && out.isTerminal;
    return {
      input: host.stdin,
      place: isSeen ? outPlace : remarks,
      write: (text) => err.write(text),
      signal,
    };
  }
}

function formOf({ progress, quiet }: MirrorOptions, err: Output): "window" | "plain" | "none" {
  if (quiet === true || progress === "none") return "none";
  return progress === "auto" && err.isTerminal ? "window" : "plain";
}

async function openLog(
  { log, logMaxSize = defaultLogSize }: MirrorOptions,
  say: (words: string) => void,
): Promise<LogFile | undefined> {
  if (log === undefined) return undefined;
  const { openLogFile } = await import("./log-file.ts");
  return openLogFile(log, logMaxSize, say);
}
