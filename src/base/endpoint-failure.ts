import type { SyncErrorCode } from "./errors.ts";

/** Whether what failed is the way to another host, or that host, and not the run. */
export function isEndpointFailure(code: SyncErrorCode): boolean {
  return code.startsWith("ENDPOINT_");
}
