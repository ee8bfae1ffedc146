import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";

import { SYSTEM_PATH } from "./python.ts";

type Meddling = "flip" | "grow" | "shrink" | "rewrite" | "vanish" | "replace";

/** Starts somebody who changes a tree as fast as can be until disposed of; see background.py. */
export async function meddle(what: Meddling, ...args: readonly string[]): Promise<AsyncDisposable> {
  const code = readFileSync(path.join(import.meta.dirname, "background.py"), "utf8");
  const child = spawn("python3", ["-c", code, what, ...args], {
    env: { PATH: SYSTEM_PATH },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  await Promise.race([once(child.stdout, "data"), ended]);
  return {
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null) throw new Error(`${what} ended by itself`);
      child.kill("SIGKILL");
      await ended;
    },
  };
}
