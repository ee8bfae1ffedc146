import type { SyncErrorCode } from "./errors.ts";
import { SyncError } from "./errors.ts";

/** Whether what failed is the way to another host, or that host, and not the run. */
export function isEndpointFailure(code: SyncErrorCode): boolean {
  return code.startsWith("ENDPOINT_");
}

const whatRemains = "What was finished stays finished; the next run goes on from there.";

/** A connection to another host that there was, and is not any more; `how` is what of that shows here. */
export function lostConnection(name: string, how: string, cause?: unknown): SyncError {
  return new SyncError("ENDPOINT_LOST", `${name}: ${how}`, { cause, hint: whatRemains });
}

/** Why a connection that was lost could not be made again, in the end. */
export function notMadeAgain(why: SyncError): SyncError {
  if (why.code !== "ENDPOINT_UNREACHABLE") return why;
  const hint = `The connection had been lost before, and did not come back. ${whatRemains}`;
  return new SyncError("ENDPOINT_LOST", why.message, { cause: why, hint });
}
