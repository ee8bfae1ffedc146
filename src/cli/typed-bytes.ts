import { readFileSync } from "node:fs";

import { SyncError } from "../base/errors.ts";

/**
 * Refuses locations whose bytes were lost before they came to us: Node decodes arguments as UTF-8 and puts U+FFFD where they
 * are not, so that quite another place would be meant. Throws a usage error.
 */
export function refuseLostBytes(locations: readonly string[]): void {
  const suspects = locations.filter((location) => location.includes("\ufffd"));
  if (suspects.length === 0) return;
  const typed = new Set(typedArguments());
  // U+FFFD may as well have been typed: it is a character like any other.
  const lost = suspects.find((location) => !typed.has(Buffer.from(location).toString("latin1")));
  if (lost === undefined) return;
  throw new SyncError("USAGE", `${lost}: the name is not valid UTF-8, and cannot be given here`, {
    hint: "Mirror the directory that holds it, or give it another name.",
  });
}

/** The arguments of this process, each byte a character; none where the system does not tell. */
function typedArguments(): string[] {
  try {
    return readFileSync("/proc/self/cmdline", "latin1").split("\0");
  } catch {
    return [];
  }
}
