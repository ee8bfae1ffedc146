import { stateHome } from "../app/past-runs.ts";
import type { Schedule } from "../app/repeat.ts";
import { repeat } from "../app/repeat.ts";
import type { RunContext } from "../app/request.ts";
import { SyncError } from "../base/errors.ts";
import type { Surroundings } from "../config/login.ts";
import type { Display } from "./display.ts";
import { openDisplay } from "./display.ts";
import { driverOf } from "./driver-choice.ts";
import type { Host } from "./host.ts";
import { watchSignals } from "./interruption.ts";
import type { Variables } from "./look.ts";
import type { MirrorOptions } from "./mirror-options.ts";
import type { RequestDefaults } from "./mirror-request.ts";
import { toMirrorRequest } from "./mirror-request.ts";

/** `syncline mirror`: asks for one run, or for many, and shows them. Returns the exit code. */
export async function mirrorCommand(
  locations: readonly string[],
  options: MirrorOptions,
  host: Host,
): Promise<number> {
  const notices: string[] = [];
  const onNotice = (message: string) => void notices.push(message);
  const request = await toMirrorRequest(locations, options, { ...defaultsOf(host), onNotice });
  const schedule = await scheduleOf(options, host.clock.now());
  const repeats = schedule.type !== "once";
  await using display = await openDisplay(options, request, host);
  for (const message of notices) display.report({ type: "notice", message });
  let isRunning = false;
  using interruption = watchSignals(host, { repeats, isRunning: () => isRunning }, display.say);
  using _quit = repeats ? await listenForQuit(options, host, interruption.quit) : undefined;
  const context = contextOf(display, interruption.cancel, !repeats && canAsk(options, host));
  const run = async () => {
    isRunning = true;
    const { mirror } = await import("../app/mirror.ts");
    const once = () => mirror(request, context, host.clock);
    const code = await runOnce(once, { display, repeats });
    isRunning = false;
    return code;
  };
  const code = await repeat(
    { schedule, startAfter: options.startAfter ?? 0, run, onWait: display.onWait },
    host.clock,
    interruption.stop,
  );
  return interruption.wasSignalled() ? 130 : code;
}

export function contextOf(display: Display, signal: AbortSignal, asks: boolean): RunContext {
  const { report, watch } = display;
  const confirm: RunContext["confirm"] = (...plan) =>
    asks ? display.confirm(signal, ...plan) : Promise.resolve(true);
  return { report, watch, confirm, signal };
}

/**
 * One run. That it fails as a whole is reported like everything else, and where runs repeat, the next one still happens.
 * Thrown further are mistakes in the request, and bugs where there is no next run.
 */
export async function runOnce(
  run: () => Promise<{ readonly exitCode: number }>,
  { display, repeats }: { readonly display: Display; readonly repeats: boolean },
): Promise<number> {
  try {
    return (await run()).exitCode;
  } catch (error) {
    const { explainFailure } = await import("./failure.ts");
    const { code, message, hint, exitCode, stack } = explainFailure(error);
    if (code === "USAGE" || (stack !== undefined && !repeats)) throw error;
    display.report({ type: "error", target: undefined, code, message, hint });
    if (stack !== undefined) display.say(stack);
    return exitCode;
  }
}

/** Somebody is there to read the question and to answer it. */
export function canAsk(
  { yes, dryRun }: Pick<MirrorOptions, "yes" | "dryRun">,
  host: Host,
): boolean {
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

export function defaultsOf(host: Host): Omit<RequestDefaults, "onNotice"> {
  const { variables } = host;
  return {
    stateDir: () => stateHome(variables),
    driver: driverOf(variables),
    binding: bindingOf(variables),
    stdin: () => host.stdin,
    surroundings: surroundingsOf(host),
  };
}

function bindingOf({ SYNCLINE_HASH: binding = "" }: Variables): RequestDefaults["binding"] {
  if (binding === "") return undefined;
  if (binding === "native" || binding === "wasm") return binding;
  throw new SyncError("USAGE", `SYNCLINE_HASH: "${binding}" is neither native nor wasm`);
}

/** What ssh finds around it. It asks at the terminal itself, where there is one. */
export function surroundingsOf(host: Host): Surroundings {
  const interactive = host.stdin.isTTY && host.stderr.isTTY === true;
  return { environment: host.variables, interactive };
}
