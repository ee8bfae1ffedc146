import type { Transport } from "../wire/transport.ts";
import type { AgentFacts } from "./agent-start.ts";

/** Takes what comes, and answers nothing. */
export async function serve(transport: Transport, _facts: AgentFacts): Promise<void> {
  for await (const _piece of transport.incoming);
}
