import path from "node:path";

import { textOfBytes } from "../base/byte-string.ts";
import { SyncError } from "../base/errors.ts";
import type { Endpoint } from "../endpoint/endpoint.ts";
import type { LocalHost } from "../endpoint/local/host.ts";
import { openLocal } from "../endpoint/local/local-endpoint.ts";
import type { Channel } from "../wire/channel.ts";
import type { Messages } from "../wire/messages.ts";
import type { OtherHost } from "../wire/other-host.ts";
import type { PlaceInfo } from "../wire/place.ts";
import { writeOpeningAnswer } from "../wire/place.ts";
import type { WireRequest } from "../wire/requests.ts";
import { WireError } from "../wire/wire-error.ts";
import type { OtherHosts } from "./other-hosts.ts";

/** Places that are held open for one client. */
const mostPlaces = 64;

type OpenSpec = Extract<WireRequest, { type: "open" }>;

/** What places are opened with, and kept in. */
export interface OpenService {
  readonly host: LocalHost;
  /** Paths that are not absolute begin here. */
  readonly home: string;
  readonly others: OtherHosts;
  readonly endpoints: Map<number, Endpoint>;
}

interface Answering {
  readonly channel: Channel;
  readonly messages: Messages;
}

/** Takes a place under its number, here or on another host. */
export async function serveOpen(
  service: OpenService,
  request: OpenSpec,
  to: Answering,
): Promise<void> {
  const { on } = request;
  if (on !== undefined) return openBeyond(service, { ...request, on }, to);
  const endpoint = openHere(service, request);
  keep(service, request, endpoint);
  const place = await placeOf(endpoint);
  await to.messages.send((out) => writeOpeningAnswer(out, { type: "place", place }));
}

function openHere({ host, home }: OpenService, request: OpenSpec): Endpoint {
  const typed = textOfBytes(request.path);
  if (typed === undefined || typed.includes("\0"))
    throw new SyncError("ROOT_UNREADABLE", "the path is not valid UTF-8");
  return openLocal(path.resolve(home, typed), host);
}

/** Stays on the channel as long as that is open, to tell what becomes of the connection. */
async function openBeyond(
  service: OpenService,
  request: OpenSpec & { readonly on: OtherHost },
  { channel, messages }: Answering,
): Promise<void> {
  let told: Promise<void> = Promise.resolve();
  const onNotice = (text: string): void => {
    told = told.then(() =>
      messages.send((out) => writeOpeningAnswer(out, { type: "notice", text })),
    );
    // Whoever is gone need not be told.
    told.catch(() => {});
  };
  const endpoint = await service.others.open(request.on, request.path, onNotice);
  keep(service, request, endpoint);
  const place = await placeOf(endpoint);
  await told;
  await messages.send((out) => writeOpeningAnswer(out, { type: "place", place }));
  await ended(channel.signal);
}

function keep(
  { endpoints }: OpenService,
  { endpoint: number }: OpenSpec,
  endpoint: Endpoint,
): void {
  if (endpoints.has(number)) throw new WireError("a place was opened twice");
  if (endpoints.size >= mostPlaces) throw new WireError("too many places were opened");
  endpoints.set(number, endpoint);
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve());
  });
}

/** What is told of a place. */
export async function placeOf(endpoint: Endpoint): Promise<PlaceInfo> {
  const root = await endpoint.root();
  const { capabilities, machine } = endpoint;
  return { root, capabilities, machine };
}
