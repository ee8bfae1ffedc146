import { setTimeout as delay } from "node:timers/promises";

import type { Endpoint } from "../endpoint/endpoint.ts";
import { throttle } from "../endpoint/ssh/limited-transport.ts";
import { packMessage, unpackMessage } from "../fs/message-codec.ts";
import { codecsHere } from "../fs/squeeze.ts";
import { agentFacts, agentLimits, agentPulse, codecFor, rateOf } from "../wire/agent-facts.ts";
import type { Channel } from "../wire/channel.ts";
import { failureOf } from "../wire/failure.ts";
import type { Messages } from "../wire/messages.ts";
import { newMessages } from "../wire/messages.ts";
import { writeVersions } from "../wire/options.ts";
import { writePlace } from "../wire/place.ts";
import type { WireRequest } from "../wire/requests.ts";
import { decodeRequest } from "../wire/requests.ts";
import type { Session } from "../wire/session.ts";
import { openSession } from "../wire/session.ts";
import type { Transport } from "../wire/transport.ts";
import { WireError } from "../wire/wire-error.ts";
import type { AgentFacts } from "./agent-start.ts";
import { graceMs } from "./grace.ts";
import { newOtherHosts } from "./other-hosts.ts";
import { serveApply } from "./serve-apply.ts";
import { serveChunks, serveCompare, serveHash, serveRead } from "./serve-content.ts";
import type { OpenService } from "./serve-open.ts";
import { placeOf, serveOpen } from "./serve-open.ts";
import { serveScan } from "./serve-scan.ts";

/** Bytes of the text that says what a run has replaced. */
const mostRecordBytes = 32 << 20;

/** Answers requests until the other side says goodbye, or is lost. */
export async function serve(transport: Transport, facts: AgentFacts): Promise<void> {
  const { openHost, home, connectOn } = facts;
  await using host = await openHost();
  await using others = newOtherHosts(connectOn);
  const service: OpenService = { host, home, others, endpoints: new Map() };
  const answers = new Set<Promise<void>>();
  const line = throttle(transport);
  const session: Session = openSession({
    transport: line.transport,
    role: "server",
    limits: agentLimits,
    needs: agentLimits,
    facts: agentFacts(codecsHere()),
    ...agentPulse,
    timers: {
      set: (ms, action) => setTimeout(action, ms),
      clear: (timer) => clearTimeout(timer as NodeJS.Timeout),
    },
    onRequest: async (request, channel) => {
      const { facts } = await session.ready;
      const rate = rateOf(facts);
      if (rate !== undefined) line.limit(rate);
      const codec = codecFor(codecsHere(), facts);
      const messages = newMessages(channel, {
        pack: (message) => packMessage(message, codec),
        unpack: unpackMessage,
      });
      const answering = answer(service, request, { channel, messages });
      answers.add(answering);
      await answering;
      answers.delete(answering);
    },
  });
  await session.lost;
  await session.close();
  // What has arrived is put where the next run finds it, as far as that is a matter of a moment. Nothing more is sent on.
  const ending = Promise.all([...answers, others[Symbol.asyncDispose]()]);
  await Promise.race([ending, delay(graceMs, undefined, { ref: false })]);
  for (const endpoint of service.endpoints.values()) await endpoint[Symbol.asyncDispose]();
}

interface Answering {
  readonly channel: Channel;
  readonly messages: Messages;
}

async function answer(service: OpenService, request: Uint8Array, to: Answering): Promise<void> {
  const { channel } = to;
  try {
    await carryOut(service, decodeRequest(request), to);
    channel.end();
  } catch (error) {
    if (!channel.signal.aborted) channel.fail(failureOf(error));
  }
}

async function carryOut(service: OpenService, request: WireRequest, to: Answering): Promise<void> {
  const { channel, messages } = to;
  const { signal } = channel;
  if (request.type === "open") {
    await serveOpen(service, request, to);
    return;
  }
  const endpoint = endpointOf(service, request.endpoint);
  switch (request.type) {
    case "make-root":
      await endpoint.makeRoot();
      await tellPlace(endpoint, messages);
      return;
    case "scan":
      await serveScan(endpoint, request, messages, signal);
      return;
    case "read":
      await serveRead(endpoint, request, to);
      return;
    case "compare": {
      const source = endpointOf(service, request.source);
      await serveCompare({ target: endpoint, source }, request, messages, signal);
      return;
    }
    case "hash":
      await serveHash(endpoint, request, messages, signal);
      return;
    case "chunks":
      await serveChunks(endpoint, request, messages, signal);
      return;
    case "begin-versions":
      await beginVersions(endpoint, request.at, messages);
      return;
    case "apply": {
      const source = request.source === undefined ? undefined : endpointOf(service, request.source);
      await serveApply({ target: endpoint, source, messages, channel }, request);
      return;
    }
    case "flush":
      await endpoint.flush();
      return;
    case "thin": {
      const said = await endpoint.thinVersions(request.rule, request.at);
      await messages.send((out) => void out.optional(said, (text) => out.text(text)));
      return;
    }
  }
}

function endpointOf({ endpoints }: OpenService, number: number): Endpoint {
  const endpoint = endpoints.get(number);
  if (endpoint === undefined) throw new WireError("a place is asked of that was not opened");
  return endpoint;
}

async function tellPlace(endpoint: Endpoint, messages: Messages): Promise<void> {
  const place = await placeOf(endpoint);
  await messages.send((out) => writePlace(out, place));
}

async function beginVersions(endpoint: Endpoint, at: number, messages: Messages): Promise<void> {
  let isNamed = false;
  const versions = await endpoint.beginVersions(at, async (stamp) => {
    isNamed = true;
    await messages.send((out) => void out.text(stamp));
    return messages.expect((from) => from.text(mostRecordBytes));
  });
  // Where there is no name, that is said in its place.
  if (!isNamed) await messages.send((out) => void out.text(""));
  await messages.send((out) => writeVersions(out, versions));
}
