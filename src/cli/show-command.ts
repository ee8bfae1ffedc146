import { readPlan } from "../app/saved-plans.ts";
import { tellPlan } from "../app/show.ts";
import { displayRequestOf } from "./apply-command.ts";
import { openDisplay } from "./display.ts";
import type { Host } from "./host.ts";
import { stateDirIfAny } from "./mirror-request.ts";
import type { ShowOptions } from "./plan-options.ts";
import { planPrinting } from "./plan-printer.ts";

/** `syncline show`: a saved plan, as it was when it was made. Returns the exit code. */
export async function showCommand(name: string, options: ShowOptions, host: Host): Promise<number> {
  const notices: string[] = [];
  const onNotice = (message: string) => void notices.push(message);
  const opened = await readPlan(name, options.state ?? stateDirIfAny(host, onNotice), onNotice);
  const now = (): number => host.clock.now();
  const printing = planPrinting({ full: options.full ?? false, listContent: false, now });
  const form = { ...options, progress: "none" } as const;
  await using display = await openDisplay(form, displayRequestOf(opened), host, printing);
  for (const message of notices) display.report({ type: "notice", message });
  tellPlan(opened, now(), display.report);
  return 0;
}
