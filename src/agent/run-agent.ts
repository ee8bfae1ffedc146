import { rmSync } from "node:fs";
import os from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { inspect } from "node:util";

import type { AgentStart, Serve } from "./agent-start.ts";
import { openStdio } from "./stdio.ts";

/** How long work in hand may take to stop once there is nobody left to do it for. */
const graceMs = 500;

/**
 * Serves until the other side is through, or not there any more. Returns the exit code for a process that can end; kills it where
 * work still goes on that nobody waits for.
 */
export async function runAgent(start: AgentStart, serve: Serve): Promise<number> {
  const { carried, temporary } = start;
  const { transport, closed, finish } = openStdio(start);
  let code = 0;
  const all = async (): Promise<boolean> => {
    try {
      await serve(transport, { carried, home: os.homedir() });
    } catch (error) {
      code = 1;
      // The last words are what people get to see.
      process.stderr.write(`${inspect(error)}\n${String(error)}\n`);
    }
    await finish();
    return true;
  };
  const isThrough = await Promise.race([all(), closed.then(() => delay(graceMs, false))]);
  if (temporary !== undefined) rmSync(temporary, { recursive: true, force: true });
  // Threads in the middle of a system call would be waited for; what they leave is what any killed run leaves.
  if (!isThrough) process.kill(process.pid, "SIGKILL");
  return code;
}
