import type { ContentCheck, Endpoint, HashRequest, WantedFile } from "../endpoint/endpoint.ts";
import type { Channel } from "../wire/channel.ts";
import { readChunkLists, writeChunkLists } from "../wire/chunk-lists.ts";
import type { Messages } from "../wire/messages.ts";
import type { Reader } from "../wire/reader.ts";
import type { WireRequest } from "../wire/requests.ts";
import type { WireDigest, WireEquality } from "../wire/verdicts.ts";
import * as verdicts from "../wire/verdicts.ts";
import { WireError } from "../wire/wire-error.ts";

type Of<T extends WireRequest["type"]> = Extract<WireRequest, { type: T }>;

/** All files of a request: whoever sends packs has to know what comes next. */
async function allFiles(messages: Messages): Promise<WantedFile[]> {
  const files: WantedFile[] = [];
  for (;;) {
    const some = await messages.receive(readWanted);
    if (some === undefined) return files;
    files.push(...some);
  }
}

function readWanted(from: Reader): WantedFile[] {
  const files = verdicts.readFiles(from);
  const bases = readChunkLists(from, files.length);
  return files.map((file, i) => {
    const basis = bases[i];
    return basis === undefined ? file : { ...file, basis: [basis] };
  });
}

/** Sends the content of files, in packs. */
export async function serveRead(
  endpoint: Endpoint,
  { options }: Of<"read">,
  { messages, channel }: { readonly messages: Messages; readonly channel: Channel },
): Promise<void> {
  const files = await allFiles(messages);
  for await (const pack of endpoint.readFiles(files, options, channel.signal))
    await channel.send(pack);
}

/** Hashes files, batch after batch; the next one is under way while the last one's verdicts are sent. */
export async function serveHash(
  endpoint: Endpoint,
  { options }: Of<"hash">,
  messages: Messages,
  signal: AbortSignal,
): Promise<void> {
  const next = (): Promise<HashRequest[] | undefined> =>
    messages.receive((from) => {
      const files = verdicts.readFiles(from);
      const whats = verdicts.readExtents(from, files.length);
      return files.map(({ path, entry }, i) => ({
        path,
        entry,
        size: entry.size,
        what: whats[i]!,
      }));
    });
  let answered: Promise<void> = Promise.resolve();
  for (;;) {
    const batch = await next();
    if (batch === undefined) break;
    const digests = (await endpoint.hash(batch, options, signal)).map((one): WireDigest => one);
    await answered;
    answered = messages.send((out) => verdicts.writeDigests(out, digests));
    // Whoever waits for the next batch still must not leave a rejection behind.
    answered.catch(() => {});
  }
  await answered;
}

/** Cuts files into chunks, batch after batch. */
export async function serveChunks(
  endpoint: Endpoint,
  { options }: Of<"chunks">,
  messages: Messages,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const files = await messages.receive(verdicts.readFiles);
    if (files === undefined) return;
    for (const list of await endpoint.chunks(files, options, signal))
      await messages.send((out) => writeChunkLists(out, [list]));
  }
}

/** Compares content of two replicas of this machine. */
export async function serveCompare(
  { target, source }: { readonly target: Endpoint; readonly source: Endpoint },
  { options }: Of<"compare">,
  messages: Messages,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const checks = await messages.receive((from): ContentCheck[] => {
      const targets = verdicts.readFiles(from);
      const sources = verdicts.readFiles(from);
      return targets.map(({ path, entry }, i) => {
        const { path: content, entry: twin } = sources[i]!;
        return { path, content, size: entry.size, source: twin, target: entry };
      });
    });
    if (checks === undefined) return;
    const compared = target.compareContent(checks, source, options, signal);
    if (compared === undefined) throw new WireError("content is asked for that is not all at hand");
    const told = (await compared).map((one): WireEquality => one);
    await messages.send((out) => verdicts.writeEqualities(out, told));
  }
}
