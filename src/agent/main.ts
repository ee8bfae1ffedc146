/**
 * `agent` is the program that runs on another host: it serves the places of that host over its standard input and output, and those
 * of hosts that it reaches from there as a client of their agents. It comes as one file over the very connection that it serves, and
 * starts from there; see `bootstrap.ts`. It knows nothing of who asks.
 */
import { isMainThread } from "node:worker_threads";

import type { AgentStart } from "./agent-start.ts";
import { fillGaps } from "./polyfills.ts";

// Before anything else is loaded.
fillGaps();

// The same file is the program of the local endpoint's threads.
if (!isMainThread) void import("../endpoint/local/worker.ts");

/** Called by the bootstrap. */
export async function start(handed: AgentStart): Promise<void> {
  const { runAgent } = await import("./run-agent.ts");
  const { serve } = await import("./serve.ts");
  process.exit(await runAgent({ ...handed, environment: process.env }, serve));
}
