import type { MirrorRequest, RunContext } from "../app/request.ts";
import type { Host } from "./host.ts";
import { jsonPrinter } from "./json-printer.ts";
import { lookOf } from "./look.ts";
import type { MirrorOptions } from "./mirror-options.ts";
import { openOutputs } from "./output.ts";
import type { Report } from "./run-event.ts";
import type { TextPlace } from "./text-printer.ts";
import { textPrinter } from "./text-printer.ts";

/** Everything that shows a run, as one. */
export interface Display extends Pick<RunContext, "report" | "watch" | "confirm">, AsyncDisposable {
  /** Told when the next run is due. */
  readonly onWait: (due: number) => void;
  /** Says something about the process itself. */
  readonly say: (words: string) => void;
}

/** Puts together what the options ask for. */
export async function openDisplay(
  options: MirrorOptions,
  request: MirrorRequest,
  host: Host,
): Promise<Display> {
  const { json = false, quiet = false, verbose = false } = options;
  const { out, err } = openOutputs(host.stdout, host.stderr);
  const place = (output: typeof out): TextPlace => ({
    look: lookOf(host.variables, output.isTerminal),
    line: (text) => output.write(`${text}\n`),
  });
  const remarks = place(err);
  const results = json ? remarks : place(out);
  const printers: Report[] = [
    textPrinter({
      results,
      remarks,
      quiet,
      listActions: verbose || (request.dryRun && !json),
      nameTargets: request.targets.length > 1,
    }),
  ];
  if (json) printers.push(jsonPrinter(out, quiet));
  return {
    report: (event) => printers.forEach((print) => print(event)),
    watch: () => {},
    confirm: () => Promise.resolve(true),
    onWait: (due) => {
      if (!quiet) remarks.line(`next run at ${new Date(due).toLocaleString()}`);
    },
    say: (words) => remarks.line(`syncline: ${words}`),
    [Symbol.asyncDispose]: async () => {
      await Promise.all([out.flush(), err.flush()]);
    },
  };
}
