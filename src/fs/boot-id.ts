import { readFileSync } from "node:fs";
import { hostname } from "node:os";

/** Changes with every start of the machine, where the system tells; nobody can set it. */
export function bootId(): string | undefined {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
  } catch {
    return undefined;
  }
}

/**
 * Names this machine for as long as its files have the same numbers: a local endpoint has the name, and so has one that is
 * reached through ssh and turns out to be here.
 */
export function machineId(): string {
  return bootId() ?? hostname();
}
