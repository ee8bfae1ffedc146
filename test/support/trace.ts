import { readFileSync } from "node:fs";

/** What puts a name in place, whichever driver does it: one of these for each entry. */
export const RENAME = "rename,renameat,renameat2";

/**
 * One processor for the tracer and all that it traces: at every call they wait for each other, and from one processor to another
 * that takes four times as long.
 */
function onOneProcessor(): string[] {
  const allowed = /^Cpus_allowed_list:\s*(\d+)/m.exec(readFileSync("/proc/self/status", "latin1"));
  return ["taskset", "--cpu-list", allowed?.[1] ?? "0"];
}

/** `strace` that writes these system calls of a command and all its threads to a log, as {@link Options.through} takes it. */
export function tracing(calls: string, log: string, ...more: string[]): string[] {
  const what = ["-o", log, "-e", `trace=${calls}`, ...more];
  return [...onOneProcessor(), "strace", "--follow-forks", "-qqq", ...what];
}

/** `strace` with faults put into system calls. */
export function strace(calls: string, inject: string, log: string = "/dev/null"): string[] {
  return tracing(calls, log, "-e", "signal=none", "-e", `inject=${calls}:${inject}`);
}

/** The process that a tracer runs. */
export function tracedBy(tracer: number | undefined): number {
  const [child] = readFileSync(`/proc/${String(tracer)}/task/${String(tracer)}/children`, "latin1")
    .split(" ")
    .filter((pid) => pid !== "");
  if (child === undefined) throw new Error(`${String(tracer)} has no child`);
  return Number(child);
}

/** Processor time that a process has used, in milliseconds. */
export function processorTime(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
