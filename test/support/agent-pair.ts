import { serve } from "../../src/agent/serve.ts";
import { bytesOfText } from "../../src/base/byte-string.ts";
import type { AgentEndpoint } from "../../src/endpoint/agent/remote.ts";
import { openAgent } from "../../src/endpoint/agent/agent-endpoint.ts";
import type { LocalHost } from "../../src/endpoint/local/host.ts";
import type { AgentLine } from "../../src/endpoint/agent/agent-line.ts";
import { newAgentLine } from "../../src/endpoint/agent/agent-line.ts";
import type { TransportPair } from "./transport-pair.ts";
import { transportPair } from "./transport-pair.ts";

/** A client and an agent in one process, with nothing but memory between them. */
export interface AgentPair extends AsyncDisposable {
  readonly line: AgentLine;
  open(path: string): AgentEndpoint;
  /** The connection that stands now. */
  readonly connection: () => TransportPair;
  /** What the line has told people. */
  readonly notices: readonly string[];
}

export interface AgentPairOptions {
  readonly openHost: () => Promise<LocalHost>;
  readonly retries?: number;
}

export function openAgentPair({ openHost, retries = 0 }: AgentPairOptions): AgentPair {
  const notices: string[] = [];
  const agents: Promise<void>[] = [];
  let connection: TransportPair | undefined;
  const line = newAgentLine({
    name: "there",
    connect() {
      connection = transportPair({ capacity: 1 << 20 });
      agents.push(serve(connection.server, { openHost, home: "/" }));
      return connection.client;
    },
    retries,
    timeout: 20_000,
    sleep: async () => {},
    onNotice: (message) => notices.push(message),
  });
  let next = 0;
  return {
    line,
    notices,
    connection: () => connection!,
    open: (path) => openAgent(line, { number: next++, location: path, path: bytesOfText(path) }),
    async [Symbol.asyncDispose]() {
      await line[Symbol.asyncDispose]();
      await Promise.all(agents);
    },
  };
}
