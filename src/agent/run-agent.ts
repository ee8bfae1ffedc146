import { rmSync } from "node:fs";
import os from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { inspect } from "node:util";

import type { LocalHost } from "../endpoint/local/host.ts";
import { openLocalHost } from "../endpoint/local/host.ts";
import type { AgentStart, Serve, Surroundings } from "./agent-start.ts";
import { graceMs } from "./grace.ts";
import type { ConnectOn } from "./other-hosts.ts";
import { openStdio } from "./stdio.ts";

/**
 * Serves until the other side is through, and returns the exit code; or until it is not there any more, and kills the process, for
 * work may still go on that nobody waits for.
 */
export async function runAgent(start: AgentStart & Surroundings, serve: Serve): Promise<number> {
  const { carried, temporary, bootstrapText, environment } = start;
  const { program: agent, natives } = carried;
  const programs = { agent, bootstrap: { text: bootstrapText }, natives };
  const { transport, closed, finish } = openStdio(start);
  let code = 0;
  const all = async (): Promise<void> => {
    try {
      const openHost = (): Promise<LocalHost> => openLocalHost(undefined, undefined, carried);
      const connectOn = async (): Promise<ConnectOn> =>
        (await import("./connect-on.ts")).connectWith({ programs, environment });
      await serve(transport, { openHost, home: os.homedir(), connectOn });
    } catch (error) {
      code = 1;
      // The last words are what people get to see.
      process.stderr.write(`${inspect(error)}\n${String(error)}\n`);
    }
    await finish();
  };
  let isAlone = false;
  const abandoned = closed.then(() => {
    isAlone = true;
    return delay(graceMs);
  });
  await Promise.race([all(), abandoned]);
  if (temporary !== undefined) rmSync(temporary, { recursive: true, force: true });
  // Nobody learns of an exit code, and threads in the middle of a system call would be waited for. What they leave is what any
  // killed run leaves.
  if (isAlone) process.kill(process.pid, "SIGKILL");
  return code;
}
