import { SyncError } from "../base/errors.ts";
import type { Host } from "./host.ts";
import { watchSignals } from "./interruption.ts";
import { defaultsOf } from "./mirror-command.ts";
import { openVerifyDisplay } from "./verify-display.ts";
import type { VerifyOptions } from "./verify-options.ts";
import { toVerifyRequest } from "./verify-request.ts";

/** `syncline verify`: compares two replicas and says what differs. Returns the exit code. */
export async function verifyCommand(
  locations: readonly string[],
  options: VerifyOptions,
  host: Host,
): Promise<number> {
  const notices: string[] = [];
  const onNotice = (message: string) => void notices.push(message);
  const request = await toVerifyRequest(locations, options, { ...defaultsOf(host), onNotice });
  await using display = await openVerifyDisplay(options, request, host);
  for (const message of notices) display.report({ type: "notice", message });
  using interruption = watchSignals(host, { repeats: false, isRunning: () => true }, display.say);
  const { report, watch } = display;
  try {
    const { verify } = await import("../app/verify.ts");
    const { exitCode } = await verify(
      request,
      { report, watch, signal: interruption.cancel },
      host.clock,
    );
    return interruption.wasSignalled() ? 130 : exitCode;
  } catch (error) {
    if (!(error instanceof SyncError) || error.code === "USAGE") throw error;
    const { explainFailure } = await import("./failure.ts");
    const { code, message, hint, exitCode } = explainFailure(error);
    display.report({ type: "error", target: request.target, code, message, hint });
    return exitCode;
  }
}
