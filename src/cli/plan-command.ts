import { openDisplay } from "./display.ts";
import { refuseFirst } from "./contradictions.ts";
import type { Host } from "./host.ts";
import { watchSignals } from "./interruption.ts";
import { contextOf, defaultsOf, runOnce } from "./mirror-command.ts";
import { toMirrorRequest } from "./mirror-request.ts";
import type { PlanOptions } from "./plan-options.ts";
import { planPrinting } from "./plan-printer.ts";

/** `syncline plan mirror`: decides, shows and saves. Returns the exit code. */
export async function planCommand(
  locations: readonly string[],
  options: PlanOptions,
  host: Host,
): Promise<number> {
  refuseContradictions(locations, options);
  const notices: string[] = [];
  const onNotice = (message: string) => void notices.push(message);
  const mirror = await toMirrorRequest(locations, options, { ...defaultsOf(host), onNotice });
  const { full = false, listContent = false } = options;
  const printing = planPrinting({ full, listContent, now: () => host.clock.now() });
  await using display = await openDisplay(options, mirror, host, printing);
  for (const message of notices) display.report({ type: "notice", message });
  const isRunning = () => true;
  using interruption = watchSignals(host, { repeats: false, isRunning }, display.say);
  const context = contextOf(display, interruption.cancel, false);
  const { planMirror } = await import("../app/plan.ts");
  const request = { mirror, file: options.output, detailed: options.detailedExitcode ?? false };
  const run = () => planMirror(request, context, host.clock);
  const code = await runOnce(run, { display, repeats: false });
  return interruption.wasSignalled() ? 130 : code;
}

function refuseContradictions(locations: readonly string[], options: PlanOptions): void {
  const { output, listContent, full } = options;
  refuseFirst([
    [output !== undefined && locations.length > 2, "-o takes one plan, and so one TARGET"],
    [listContent === true && locations.length > 2, "--list-content is about one TARGET"],
    [listContent === true && full === true, "--list-content and --full exclude each other"],
  ]);
}
