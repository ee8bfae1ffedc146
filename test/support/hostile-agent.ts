import { serveApply } from "../../src/agent/serve-apply.ts";
import { serveHash, serveRead } from "../../src/agent/serve-content.ts";
import { serveScan } from "../../src/agent/serve-scan.ts";
import type { ByteString } from "../../src/base/byte-string.ts";
import { textOfBytes } from "../../src/base/byte-string.ts";
import { openAgent } from "../../src/endpoint/agent/agent-endpoint.ts";
import type { AgentLine } from "../../src/endpoint/agent/agent-line.ts";
import { newAgentLine } from "../../src/endpoint/agent/agent-line.ts";
import type { AgentEndpoint } from "../../src/endpoint/agent/remote.ts";
import type { LocalHost } from "../../src/endpoint/local/host.ts";
import type { LocalEndpoint } from "../../src/endpoint/local/local-endpoint.ts";
import { openLocal } from "../../src/endpoint/local/local-endpoint.ts";
import { packMessage, unpackMessage } from "../../src/fs/message-codec.ts";
import { agentLimits, agentPulse } from "../../src/wire/agent-facts.ts";
import type { Channel } from "../../src/wire/channel.ts";
import { failureOf } from "../../src/wire/failure.ts";
import type { Messages } from "../../src/wire/messages.ts";
import { newMessages } from "../../src/wire/messages.ts";
import { writeOpeningAnswer } from "../../src/wire/place.ts";
import type { WireRequest } from "../../src/wire/requests.ts";
import { decodeRequest } from "../../src/wire/requests.ts";
import { openSession } from "../../src/wire/session.ts";
import type { TransportPair } from "./transport-pair.ts";
import { transportPair } from "./transport-pair.ts";

type Of<T extends WireRequest["type"]> = Extract<WireRequest, { readonly type: T }>;

/** What an answer is given with. Nobody ends the channel but the answer itself. */
export interface Asked {
  readonly local: LocalEndpoint;
  readonly channel: Channel;
  readonly messages: Messages;
  /** The line that the request came over. */
  readonly pair: TransportPair;
}

/** Answers of one's own to some requests; the others are answered as an agent would. */
export type Answers = {
  readonly [T in WireRequest["type"]]?:
    | ((asked: Asked, request: Of<T>) => Promise<void> | void)
    | undefined;
};

export interface HostileAgent extends AsyncDisposable {
  readonly line: AgentLine;
  open(path: string): AgentEndpoint;
}

/** An agent that does as it likes, and an honest client, in one process. A line that breaks is not made again. */
export function openHostileAgent(
  host: LocalHost,
  answers: Answers,
  timeout: number = 10_000,
): HostileAgent {
  const pairs: TransportPair[] = [];
  const line = newAgentLine({
    name: "there",
    connect() {
      const pair = transportPair({ capacity: 1 << 20 });
      pairs.push(pair);
      begin(host, pair, answers);
      return pair.client;
    },
    retries: 0,
    timeout,
    sleep: async () => {},
    onNotice: () => {},
  });
  let number = 0;
  return {
    line,
    open: (path) =>
      openAgent(line, { number: number++, location: `there:${path}`, path: path as ByteString }),
    async [Symbol.asyncDispose]() {
      // It need not be there to hear a goodbye.
      const closing = line[Symbol.asyncDispose]();
      for (const { server } of pairs) server.destroy();
      await closing;
    },
  };
}

function begin(host: LocalHost, pair: TransportPair, answers: Answers): void {
  const places = new Map<number, LocalEndpoint>();
  openSession({
    transport: pair.server,
    role: "server",
    limits: agentLimits,
    ...agentPulse,
    timers: {
      set: (ms, action) => setTimeout(action, ms),
      clear: (timer) => clearTimeout(timer as NodeJS.Timeout),
    },
    async onRequest(bytes, channel) {
      const request = decodeRequest(bytes);
      const pack = (message: Uint8Array): Uint8Array => packMessage(message, "none");
      const messages = newMessages(channel, { pack, unpack: unpackMessage });
      if (request.type === "open")
        places.set(request.endpoint, openLocal(textOfBytes(request.path)!, host));
      const asked: Asked = { local: places.get(request.endpoint)!, channel, messages, pair };
      const answer = answers[request.type] as
        | ((asked: Asked, request: WireRequest) => Promise<void> | void)
        | undefined;
      try {
        if (answer !== undefined) return await answer(asked, request);
        await answerWell(asked, request);
        channel.end();
      } catch (error) {
        if (!channel.signal.aborted) channel.fail(failureOf(error));
      }
    },
  });
}

async function answerWell(asked: Asked, request: WireRequest): Promise<void> {
  const { local, channel, messages } = asked;
  switch (request.type) {
    case "open":
    case "make-root": {
      const root = await local.root();
      const { capabilities, machine } = local;
      const place = { root, capabilities, machine };
      return messages.send((out) => writeOpeningAnswer(out, { type: "place", place }));
    }
    case "scan":
      return serveScan(local, request, messages, channel.signal);
    case "read":
      return serveRead(local, request, asked);
    case "hash":
      return serveHash(local, request, messages, channel.signal);
    case "apply":
      return serveApply({ target: local, source: undefined, messages, channel }, request);
    case "flush":
      return local.flush();
    default:
      throw new Error(`nobody has said how to answer ${request.type}`);
  }
}
