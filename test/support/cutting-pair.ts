import { reachNobody } from "./agent-pair.ts";
import { serve } from "../../src/agent/serve.ts";
import type { ByteString } from "../../src/base/byte-string.ts";
import { openAgent } from "../../src/endpoint/agent/agent-endpoint.ts";
import type { AgentLine } from "../../src/endpoint/agent/agent-line.ts";
import { newAgentLine } from "../../src/endpoint/agent/agent-line.ts";
import type { AgentEndpoint } from "../../src/endpoint/agent/remote.ts";
import type { LocalHost } from "../../src/endpoint/local/host.ts";
import type { Cut, End, TransportPair } from "./transport-pair.ts";
import { transportPair } from "./transport-pair.ts";

/** What happens to one connection: it breaks when so many bytes have come to an end. */
export interface PlannedCut {
  readonly to: End;
  readonly bytes: number;
  readonly how: Cut;
}

/** Bytes that came to each end. */
export type Crossed = Readonly<Record<End, number>>;

/** A client and an agent in one process, and between them a line that breaks as planned. */
export interface CuttingPair extends AsyncDisposable {
  readonly line: AgentLine;
  open(path: string): AgentEndpoint;
  /** The first cut is for the connection that stands, or the first; the others for those that follow, each for one. */
  plan(cuts: readonly PlannedCut[]): void;
  /** Cuts that have not come about. */
  left(): number;
  crossed(): Crossed;
}

export interface CuttingOptions {
  readonly openHost: () => Promise<LocalHost>;
  readonly retries: number;
  /** Milliseconds of silence after which a line counts as broken. */
  readonly timeout?: number;
}

export function openCuttingPair(options: CuttingOptions): CuttingPair {
  const pairs: TransportPair[] = [];
  const agents: Promise<void>[] = [];
  let cuts: readonly PlannedCut[] = [];
  let used = 0;
  const arm = (pair: TransportPair): void => {
    const next = cuts[used];
    if (next !== undefined) pair.cutAfter(next.to, next.bytes, next.how);
  };
  const line = newAgentLine({
    name: "there",
    connect() {
      const pair = transportPair({ capacity: 1 << 18 });
      // A line that is there no more has had its cut.
      if (pairs.length > 0) used++;
      pairs.push(pair);
      arm(pair);
      agents.push(
        serve(pair.server, {
          openHost: options.openHost,
          home: "/",
          connectOn: async () => reachNobody,
        }),
      );
      return pair.client;
    },
    retries: options.retries,
    timeout: options.timeout ?? 20_000,
    sleep: async () => {},
    onNotice: () => {},
  });
  let number = 0;
  return {
    line,
    open: (path) => openAgent(line, { number: number++, location: path, path: path as ByteString }),
    plan(planned) {
      cuts = planned;
      used = 0;
      const standing = pairs.at(-1);
      if (standing !== undefined) arm(standing);
    },
    left: () => Math.max(0, cuts.length - used),
    crossed: () => ({
      client: pairs.reduce((sum, { client }) => sum + client.traffic().received, 0),
      server: pairs.reduce((sum, { server }) => sum + server.traffic().received, 0),
    }),
    async [Symbol.asyncDispose]() {
      await line[Symbol.asyncDispose]();
      // Agents that have heard of nothing would wait until they lose patience.
      for (const { server } of pairs) server.destroy();
      await Promise.allSettled(agents);
    },
  };
}
