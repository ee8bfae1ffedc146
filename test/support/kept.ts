import { readdirSync } from "node:fs";
import path from "node:path";

import type { Tolerance } from "./judge.ts";
import { judge } from "./judge.ts";
import { tool } from "./python.ts";

/** A copy of a replica as it is, but for Syncline's own directory; made by rsync. */
export function saveReplica(replica: string, to: string): void {
  tool("rsync", [
    "-aHAXS",
    "--modify-window=-1",
    "--filter=-x system.*",
    "--exclude=/.syncline",
    `${replica}/`,
    `${to}/`,
  ]);
}

/** What differs between such a copy and a replica. */
export function judgeReplica(saved: string, replica: string, tolerance: Tolerance = {}): string[] {
  const now = `${saved}-now`;
  saveReplica(replica, now);
  try {
    return judge(saved, now, tolerance);
  } finally {
    tool("rm", ["-rf", now]);
  }
}

/** The names of the runs that kept something in a replica, oldest first. */
export function stampsIn(replica: string): string[] {
  const names = readdirSync(path.join(replica, ".syncline/versions"));
  return names
    .filter((name) => name.endsWith("Z.jsonl"))
    .map((name) => name.slice(0, -".jsonl".length))
    .sort();
}
