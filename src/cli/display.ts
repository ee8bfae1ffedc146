import type { MirrorRequest, RunContext } from "../app/request.ts";
import { formatDeleteLimit } from "../config/delete-limit.ts";
import { describeVersionRule } from "../config/version-rule.ts";
import { formatLocalTime } from "./format.ts";
import type { Host } from "./host.ts";
import { jsonPrinter } from "./json-printer.ts";
import type { LiveProgress } from "./live-progress.ts";
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

/** What a display has to know of what is shown. */
export type DisplayOptions = Pick<
  MirrorOptions,
  "json" | "quiet" | "verbose" | "progress" | "log" | "logMaxSize"
>;
export type DisplayRequest = Pick<
  MirrorRequest,
  "source" | "targets" | "dryRun" | "deleteLimit" | "accept"
> &
  Partial<Pick<MirrorRequest, "versions">>;

/** Makes what prints events. */
export type Printing = (
  options: DisplayOptions,
  request: DisplayRequest,
  places: Pick<Places, "outPlace" | "remarks">,
) => Report[];

/** Both outputs, bare and as places for lines that do not get in the way of what is drawn. */
interface Places {
  readonly out: Output;
  readonly err: Output;
  readonly outPlace: TextPlace;
  readonly remarks: TextPlace;
  readonly progress: LiveProgress;
}

const tickGap = 100;
const defaultLogSize = 10 * 1024 * 1024;

/** Puts together what the options ask for. Throws a usage error where the log cannot be opened. */
export async function openDisplay(
  options: DisplayOptions,
  request: DisplayRequest,
  host: Host,
  printing: Printing = runPrinters,
): Promise<Display> {
  const places = openPlaces(options, request, host);
  const { out, err, remarks, progress } = places;
  const say = (words: string) => remarks.line(`syncline: ${words}`);
  const log = await openLog(options, say);
  const printers = [progress.note, ...printing(options, request, places)];
  if (log !== undefined) {
    printers.push((await import("./log-printer.ts")).logPrinter(log, host.clock));
  }
  const ticker = setInterval(() => {
    progress.tick();
    log?.flush();
  }, tickGap);
  const finish = () => {
    progress.pause();
    log?.flush();
    return Promise.all([out.flush(), err.flush()]);
  };
  // The last Ctrl-C ends the process on the spot: the cursor must be back by then, and everything said.
  host.onExit(() => void finish());
  return {
    report: (event) => printers.forEach((print) => print(event)),
    watch: progress.watch,
    confirm: questions(options, request, places, host),
    onWait: (due) => {
      if (options.quiet !== true) remarks.line(`next run at ${formatLocalTime(due)}`);
    },
    say,
    [Symbol.asyncDispose]: async () => {
      clearInterval(ticker);
      await finish();
    },
  };
}

function openPlaces(options: DisplayOptions, request: DisplayRequest, host: Host): Places {
  const { out, err } = openOutputs(host.stdout, host.stderr);
  const look = lookOf(host.variables, err.isTerminal);
  const { source } = request;
  const form = formOf(options, err);
  const progress = openProgress({ form, source, err, look, clock: host.clock });
  const lineTo = (output: Output) => (text: string) => {
    const write = () => output.write(`${text}\n`);
    // What goes elsewhere has no need to wait for the window.
    if (output.isTerminal) progress.above(write);
    else write();
  };
  return {
    out,
    err,
    outPlace: { look: lookOf(host.variables, out.isTerminal), line: lineTo(out) },
    remarks: { look, line: lineTo(err) },
    progress,
  };
}

function formOf({ progress, quiet }: DisplayOptions, err: Output): "window" | "plain" | "none" {
  if (quiet === true || progress === "none") return "none";
  return progress === "auto" && err.isTerminal ? "window" : "plain";
}

const runPrinters: Printing = (
  { json = false, quiet = false, verbose = false },
  { dryRun, targets },
  { outPlace, remarks },
) => {
  const text = textPrinter({
    // Where objects are printed, all text is a remark.
    results: json ? remarks : outPlace,
    remarks,
    quiet,
    listActions: verbose || (dryRun && !json),
    nameTargets: targets.length > 1,
  });
  return json ? [text, jsonPrinter(outPlace.line, quiet)] : [text];
};

/** Asks about one target after the other, however many are ready at once. */
function questions(
  { json = false }: DisplayOptions,
  { source, deleteLimit, versions, accept: accepted }: DisplayRequest,
  { out, err, outPlace, remarks, progress }: Places,
  host: Host,
): Display["confirm"] {
  // A plan belongs to standard output, unless that is not what the one who is asked is looking at.
  const place = out.isTerminal && !json ? outPlace : remarks;
  const write = (text: string) => err.write(text);
  let asked: Promise<unknown> = Promise.resolve();
  return (signal, target, decision) => {
    const limit = formatDeleteLimit(deleteLimit);
    const kept =
      versions === undefined || versions.keep === "none"
        ? undefined
        : describeVersionRule(versions);
    const limits = { deleteLimit: limit, accepted, versions: kept };
    const review = { source, target, ...decision, ...limits };
    const answer = asked.then(async () => {
      const { confirmPlan } = await import("./confirm.ts");
      progress.pause();
      try {
        return await confirmPlan(review, { input: host.stdin, place, write, signal });
      } finally {
        progress.resume();
      }
    });
    asked = answer.catch(() => {});
    return answer;
  };
}

async function openLog(
  { log, logMaxSize = defaultLogSize }: DisplayOptions,
  say: (words: string) => void,
): Promise<LogFile | undefined> {
  if (log === undefined) return undefined;
  const { openLogFile } = await import("./log-file.ts");
  return openLogFile(log, logMaxSize, say);
}
