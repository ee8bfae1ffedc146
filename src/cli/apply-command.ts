import type { OpenedPlan } from "../app/saved-plans.ts";
import { readPlan } from "../app/saved-plans.ts";
import { toRemoteOptions } from "../config/login.ts";
import { acceptedGuards } from "../config/named-choices.ts";
import { refuseFirst } from "./contradictions.ts";
import type { DisplayRequest } from "./display.ts";
import { openDisplay } from "./display.ts";
import type { Host } from "./host.ts";
import { watchSignals } from "./interruption.ts";
import { loginContradictions } from "./login-options.ts";
import { canAsk, contextOf, defaultsOf, runOnce, surroundingsOf } from "./mirror-command.ts";
import { stateDirIfAny } from "./mirror-request.ts";
import type { ApplyOptions } from "./plan-options.ts";

/** `syncline apply`: carries out a saved plan. Returns the exit code. */
export async function applyCommand(
  name: string,
  options: ApplyOptions,
  host: Host,
): Promise<number> {
  const notices: string[] = [];
  const onNotice = (message: string) => void notices.push(message);
  refuseFirst(loginContradictions(options));
  const login = toRemoteOptions(options, surroundingsOf(host));
  const accept = acceptedGuards(options.accept);
  const stateDir = options.stateDir ?? stateDirIfAny(host, onNotice);
  const opened = await readPlan(name, stateDir, onNotice);
  const shown = displayRequestOf(opened);
  const accepted = new Set([...shown.accept, ...accept]);
  await using display = await openDisplay(options, { ...shown, accept: accepted }, host);
  for (const message of notices) display.report({ type: "notice", message });
  const isRunning = () => true;
  using interruption = watchSignals(host, { repeats: false, isRunning }, display.say);
  const context = contextOf(display, interruption.cancel, canAsk(options, host));
  const { applySaved } = await import("../app/apply.ts");
  const { flush, history } = options;
  const { driver } = defaultsOf(host);
  const request = { opened, accept, flush, stateDir, history, login, driver };
  const run = () => applySaved(request, context, host.clock);
  const code = await runOnce(run, { display, repeats: false });
  return interruption.wasSignalled() ? 130 : code;
}

/** What a display has to know of a saved plan. */
export function displayRequestOf({ header }: OpenedPlan): DisplayRequest {
  const { source, target, deleteLimit, accept, versions } = header;
  return {
    source: source.location,
    targets: [target.location],
    dryRun: false,
    deleteLimit,
    versions,
    accept: new Set(accept),
  };
}
