import path from "node:path";

import { textOfBytes } from "../base/byte-string.ts";
import { SyncError } from "../base/errors.ts";
import type { LocalHost } from "../endpoint/local/host.ts";
import type { LocalEndpoint } from "../endpoint/local/local-endpoint.ts";
import { openLocal } from "../endpoint/local/local-endpoint.ts";
import { packMessage, unpackMessage } from "../fs/message-codec.ts";
import { codecsHere } from "../fs/squeeze.ts";
import { agentFacts, agentLimits, agentPulse, codecFor } from "../wire/agent-facts.ts";
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
import { serveApply } from "./serve-apply.ts";
import { serveChunks, serveCompare, serveHash, serveRead } from "./serve-content.ts";
import { serveScan } from "./serve-scan.ts";

/** Places that are held open for one client. */
const mostPlaces = 64;
/** Bytes of the text that says what a run has replaced. */
const mostRecordBytes = 32 << 20;

/** What is served over one connection. */
interface Service {
  readonly host: LocalHost;
  readonly home: string;
  readonly endpoints: Map<number, LocalEndpoint>;
}

/** Answers requests until the other side says goodbye, or is lost. */
export async function serve(transport: Transport, { openHost, home }: AgentFacts): Promise<void> {
  await using host = await openHost();
  const service: Service = { host, home, endpoints: new Map() };
  const session: Session = openSession({
    transport,
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
      const codec = codecFor(codecsHere(), facts);
      const messages = newMessages(channel, {
        pack: (message) => packMessage(message, codec),
        unpack: unpackMessage,
      });
      await answer(service, request, { channel, messages });
    },
  });
  await session.lost;
  await session.close();
  for (const endpoint of service.endpoints.values()) await endpoint[Symbol.asyncDispose]();
}

interface Answering {
  readonly channel: Channel;
  readonly messages: Messages;
}

async function answer(service: Service, request: Uint8Array, to: Answering): Promise<void> {
  const { channel } = to;
  try {
    await carryOut(service, decodeRequest(request), to);
    channel.end();
  } catch (error) {
    if (!channel.signal.aborted) channel.fail(failureOf(error));
  }
}

async function carryOut(service: Service, request: WireRequest, to: Answering): Promise<void> {
  const { channel, messages } = to;
  const { signal } = channel;
  if (request.type === "open") {
    await open(service, request, messages);
    return;
  }
  const local = endpointOf(service, request.endpoint);
  switch (request.type) {
    case "make-root":
      await local.makeRoot();
      await tellPlace(local, messages);
      return;
    case "scan":
      await serveScan(local, request, messages, signal);
      return;
    case "read":
      await serveRead(local, request, to);
      return;
    case "compare": {
      const source = endpointOf(service, request.source);
      await serveCompare({ target: local, source }, request, messages, signal);
      return;
    }
    case "hash":
      await serveHash(local, request, messages, signal);
      return;
    case "chunks":
      await serveChunks(local, request, messages, signal);
      return;
    case "begin-versions":
      await beginVersions(local, request.at, messages);
      return;
    case "apply": {
      const source = request.source === undefined ? undefined : endpointOf(service, request.source);
      await serveApply({ local, source, messages, channel }, request);
      return;
    }
    case "flush":
      await local.flush();
      return;
    case "thin": {
      const said = await local.thinVersions(request.rule, request.at);
      await messages.send((out) => void out.optional(said, (text) => out.text(text)));
      return;
    }
  }
}

function endpointOf({ endpoints }: Service, number: number): LocalEndpoint {
  const endpoint = endpoints.get(number);
  if (endpoint === undefined) throw new WireError("a place is asked of that was not opened");
  return endpoint;
}

async function open(
  { host, home, endpoints }: Service,
  request: Extract<WireRequest, { type: "open" }>,
  messages: Messages,
): Promise<void> {
  const typed = textOfBytes(request.path);
  if (typed === undefined || typed.includes("\0"))
    throw new SyncError("ROOT_UNREADABLE", "the path is not valid UTF-8");
  if (endpoints.has(request.endpoint)) throw new WireError("a place was opened twice");
  if (endpoints.size >= mostPlaces) throw new WireError("too many places were opened");
  const directory = path.resolve(home, typed);
  const endpoint = openLocal(directory, host);
  endpoints.set(request.endpoint, endpoint);
  await tellPlace(endpoint, messages);
}

async function tellPlace(local: LocalEndpoint, messages: Messages): Promise<void> {
  const root = await local.root();
  const { capabilities, machine } = local;
  await messages.send((out) => writePlace(out, { root, capabilities, machine }));
}

async function beginVersions(local: LocalEndpoint, at: number, messages: Messages): Promise<void> {
  let isNamed = false;
  const versions = await local.beginVersions(at, async (stamp) => {
    isNamed = true;
    await messages.send((out) => void out.text(stamp));
    return messages.expect((from) => from.text(mostRecordBytes));
  });
  // Where there is no name, that is said in its place.
  if (!isNamed) await messages.send((out) => void out.text(""));
  await messages.send((out) => writeVersions(out, versions));
}
