import os from "node:os";
import path from "node:path";

import type { Schedule } from "../app/repeat.ts";
import { repeat } from "../app/repeat.ts";
import type { RunContext } from "../app/request.ts";
import { SyncError } from "../base/errors.ts";
import { openDisplay } from "./display.ts";
import type { Host } from "./host.ts";
import { watchSignals } from "./interruption.ts";
import type { Variables } from "./look.ts";
import type { MirrorOptions } from "./mirror-options.ts";
import type { RequestDefaults } from "./mirror-request.ts";
import { toMirrorRequest } from "./mirror-request.ts";
import type { Report } from "./run-event.ts";

/** `syncline mirror`: asks for one run, or for many, and shows them. Returns the exit code. */
export async function mirrorCommand(
  locations: readonly string[],
  options: MirrorOptions,
  host: Host,
): Promise<number> {
  const request = await toMirrorRequest(locations, options, defaultsOf(host));
  const schedule = await scheduleOf(options, host.clock.now());
  const repeats = schedule.type !== "once";
  await using display = await openDisplay(options, request, host);
  using interruption = watchSignals(host, repeats, display.say);
  const { mirror } = await import("../app/mirror.ts");
  const { report, watch } = display;
  const signal = interruption.cancel;
  const asks = !repeats && canAsk(options, host);
  const confirm: RunContext["confirm"] = (...plan) =>
    asks ? display.confirm(signal, ...plan) : Promise.resolve(true);
  const context: RunContext = { report, watch, confirm, signal };
  using _quit = repeats ? await listenForQuit(options, host, interruption.quit) : undefined;
  const runOnce = async () => (await mirror(request, context, host.clock)).exitCode;
  const code = await repeat(
    {
      schedule,
      startAfter: options.startAfter ?? 0,
      onWait: display.onWait,
      run: repeats ? () => surviveFailure(runOnce, report) : runOnce,
    },
    host.clock,
    interruption.stop,
  );
  return interruption.wasSignalled() ? 130 : code;
}

/** Somebody is there to read the question and to answer it. */
function canAsk({ yes, dryRun }: MirrorOptions, host: Host): boolean {
  return yes !== true && dryRun !== true && host.stderr.isTTY === true && host.stdin.isTTY;
}

async function listenForQuit(
  { filters }: MirrorOptions,
  host: Host,
  quit: () => void,
): Promise<Disposable | undefined> {
  // Patterns were read from it to its end.
  const isUsedUp = filters.some((filter) => filter.type === "file" && filter.name === "-");
  return isUsedUp ? undefined : (await import("./quit-word.ts")).watchForQuit(host.stdin, quit);
}

async function scheduleOf({ every, cron }: MirrorOptions, now: number): Promise<Schedule> {
  if (every !== undefined) return { type: "every", ms: every };
  if (cron === undefined) return { type: "once" };
  const { parseCron } = await import("../config/cron.ts");
  const schedule = parseCron(cron);
  if (schedule === undefined) {
    throw new SyncError("USAGE", `--cron: "${cron}" is not a cron expression`, {
      hint: 'It has five fields, as in "30 2 * * *", or is a word such as @daily.',
    });
  }
  if (schedule.next(now) === undefined) {
    throw new SyncError("USAGE", `--cron: "${cron}" is never due`);
  }
  return { type: "cron", next: (ms) => schedule.next(ms) };
}

/** A failing run is reported like any other, and the next one still happens. A mistake in the request stays one. */
async function surviveFailure(run: () => Promise<number>, report: Report): Promise<number> {
  try {
    return await run();
  } catch (error) {
    const { explainFailure } = await import("./failure.ts");
    const { code, message, hint, exitCode } = explainFailure(error);
    if (code === "USAGE") throw error;
    report({ type: "error", target: undefined, code, message, hint });
    return exitCode;
  }
}

function defaultsOf(host: Host): RequestDefaults {
  const { variables } = host;
  return {
    stateDir: stateDirOf(variables),
    driver: driverOf(variables),
    stdin: () => host.stdin,
  };
}

/** XDG says that a relative path is to be ignored. */
function stateDirOf({ XDG_STATE_HOME: base = "" }: Variables): string {
  const home = path.isAbsolute(base) ? base : path.join(os.homedir(), ".local", "state");
  return path.join(home, "syncline");
}

function driverOf({ SYNCLINE_FS: driver = "" }: Variables): RequestDefaults["driver"] {
  if (driver === "") return undefined;
  if (driver === "libc" || driver === "portable") return driver;
  throw new SyncError("USAGE", `SYNCLINE_FS: "${driver}" is neither libc nor portable`);
}
