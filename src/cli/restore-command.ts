import { stateHome } from "../app/past-runs.ts";
import type { RunContext } from "../app/request.ts";
import type { RestoreRequest } from "../app/restore.ts";
import { SyncError } from "../base/errors.ts";
import { refuseRemote } from "../config/local-only.ts";
import { momentExamples, parseMoment } from "../config/moment.ts";
import { openDisplay } from "./display.ts";
import { driverOf } from "./driver-choice.ts";
import type { Host } from "./host.ts";
import { watchSignals } from "./interruption.ts";
import type { RestoreOptions } from "./restore-options.ts";
import { refuseLostBytes } from "./typed-bytes.ts";

/** `syncline restore`: one path as it was at a time. Returns the exit code. */
export async function restoreCommand(
  replica: string,
  path: string,
  options: RestoreOptions,
  host: Host,
): Promise<number> {
  const { yes = false, dryRun = false, to } = options;
  const asks = !yes && !dryRun && host.stderr.isTTY === true && host.stdin.isTTY;
  const request = requestOf(replica, path, options, { host, mayReplace: yes || asks });
  const shown = {
    source: replica,
    targets: [to ?? replica],
    dryRun,
    deleteLimit: { type: "percent", percent: 100, atLeast: 0 },
    accept: new Set<never>(),
    versions: { keep: "none" },
  } as const;
  await using display = await openDisplay(options, shown, host);
  let isRunning = false;
  const state = { repeats: false, isRunning: () => isRunning };
  using interruption = watchSignals(host, state, display.say);
  const { report, watch } = display;
  const signal = interruption.cancel;
  const confirm: RunContext["confirm"] = (...plan) =>
    asks ? display.confirm(signal, ...plan) : Promise.resolve(true);
  isRunning = true;
  const code = await runOnce(request, { report, watch, confirm, signal }, host);
  return interruption.wasSignalled() ? 130 : code;
}

async function runOnce(request: RestoreRequest, ctx: RunContext, host: Host): Promise<number> {
  try {
    const { restore } = await import("../app/restore.ts");
    return await restore(request, ctx, host.clock);
  } catch (error) {
    const { explainFailure } = await import("./failure.ts");
    const { code, message, hint, exitCode, stack } = explainFailure(error);
    if (code === "USAGE" || stack !== undefined) throw error;
    ctx.report({ type: "error", target: undefined, code, message, hint });
    return exitCode;
  }
}

function requestOf(
  replica: string,
  path: string,
  { at, to, dryRun = false, quiet, verbose, flush, state }: RestoreOptions,
  { host, mayReplace }: { readonly host: Host; readonly mayReplace: boolean },
): RestoreRequest {
  const locations = to === undefined ? [replica] : [replica, to];
  locations.forEach(refuseRemote);
  refuseLostBytes([...locations, path]);
  if (quiet === true && verbose === true) {
    throw new SyncError("USAGE", "--quiet and --verbose exclude each other");
  }
  if (state === "") throw new SyncError("USAGE", "--state: the name of the directory is empty");
  const now = host.clock.now();
  const from = parseMoment(at, now);
  if (from === undefined) {
    throw new SyncError("USAGE", `--at: "${at}" is no time in the past`, {
      hint: `It is written like ${momentExamples}.`,
    });
  }
  const driver = driverOf(host.variables);
  const stateDir = state ?? stateDirOf(host);
  return { replica, path, from, to, dryRun, flush, mayReplace, stateDir, driver };
}

/** Without a place for state there are no locks, which is no reason not to restore. */
function stateDirOf(host: Host): string | undefined {
  try {
    return stateHome(host.variables);
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    return undefined;
  }
}
