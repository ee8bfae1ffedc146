import { readFileSync } from "node:fs";

/** What puts a name in place, whichever driver does it: one of these for each entry. */
export const RENAME = "rename,renameat,renameat2";

/** `strace` with faults put into system calls, as {@link Options.through} takes it. */
export function strace(calls: string, inject: string, log: string = "/dev/null"): string[] {
  return [
    "strace",
    "--follow-forks",
    "-qqq",
    "-o",
    log,
    "-e",
    `trace=${calls}`,
    "-e",
    "signal=none",
    "-e",
    `inject=${calls}:${inject}`,
  ];
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
