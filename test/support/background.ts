import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";

import { SYSTEM_PATH } from "./python.ts";

type Meddling = "flip" | "grow" | "shrink" | "rewrite" | "vanish" | "replace";

/** What to do, and to which paths. */
export type Step = readonly [what: Meddling, ...paths: string[]];

/** Starts somebody who changes a tree as fast as can be until disposed of; see background.py. */
export async function meddle(...step: Step): Promise<AsyncDisposable> {
  return meddleInTurns([step]);
}

/** Somebody who does one thing after the other, over and over. */
export async function meddleInTurns(steps: readonly Step[]): Promise<AsyncDisposable> {
  const code = readFileSync(path.join(import.meta.dirname, "background.py"), "utf8");
  const words = steps.flatMap((step, n) => (n === 0 ? step : ["--", ...step]));
  const child = spawn("python3", ["-c", code, ...words], {
    env: { PATH: SYSTEM_PATH },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  await Promise.race([once(child.stdout, "data"), ended]);
  return {
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null) throw new Error(`${words[0]} ended by itself`);
      child.kill("SIGKILL");
      await ended;
    },
  };
}
