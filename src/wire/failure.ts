import type { SyncErrorCode } from "../base/errors.ts";
import { SyncError } from "../base/errors.ts";
import type { PeerFailure } from "./channel.ts";
import { WireError } from "./wire-error.ts";

/** Failures that an agent may tell of; whatever else it says is not believed. */
const codes: ReadonlySet<SyncErrorCode> = new Set<SyncErrorCode>([
  "ROOT_MISSING",
  "ROOT_NOT_DIRECTORY",
  "ROOT_UNREADABLE",
  "TARGET_UNWRITABLE",
  "WORKER_CRASHED",
  "UNSUPPORTED",
  "INTERRUPTED",
  "ENDPOINT_PROTOCOL",
  // Of hosts that it was to reach by itself.
  "ENDPOINT_UNREACHABLE",
  "ENDPOINT_HOST_KEY",
  "ENDPOINT_AUTH",
  "ENDPOINT_NO_NODE",
  "ENDPOINT_LOST",
]);
/** Between the message and the hint. */
const separator = "\n";

/** What a failure is told as. A bug is one there, and says so. */
export function failureOf(error: unknown): PeerFailure {
  if (error instanceof WireError) return { code: "ENDPOINT_PROTOCOL", message: error.message };
  if (error instanceof SyncError) {
    const { code, message, hint } = error;
    return { code, message: hint === undefined ? message : `${message}${separator}${hint}` };
  }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { code: "WORKER_CRASHED", message: `the agent failed: ${message}` };
}

/** The error that a failure on that host tells of. */
export function errorOf({ code, message }: PeerFailure, host: string): SyncError {
  const [text = "", ...hint] = message.split(separator);
  const isKnown = (codes as ReadonlySet<string>).has(code);
  const known = isKnown ? (code as SyncErrorCode) : "ENDPOINT_PROTOCOL";
  const details = hint.length > 0 ? { hint: hint.join(" ") } : {};
  // What begins with a path there becomes a location.
  return new SyncError(known, `${host}:${text.startsWith("/") ? "" : " "}${text}`, details);
}
