import type { ChunkList } from "../../core/chunk-list.ts";
import { batchesBySize } from "../../wire/batches-by-size.ts";
import { readChunkLists } from "../../wire/chunk-lists.ts";
import type { WireDigest, WireEquality } from "../../wire/verdicts.ts";
import { readDigests, readEqualities, writeExtents, writeFiles } from "../../wire/verdicts.ts";
import type {
  ApplyOptions,
  ChunkOptions,
  ChunkRequest,
  ContentCheck,
  ContentVerdict,
  HashOptions,
  HashRequest,
  HashVerdict,
} from "../endpoint.ts";
import type { Remote } from "./remote.ts";
import type { Conversation, Live } from "./agent-line.ts";
import { messageBytes } from "./read-there.ts";

/** Files of one message: enough that a round trip costs little, few enough that answers come while others are worked on. */
const together = { items: 1024, bytes: messageBytes };

/** One question about files in a few messages, and as many answers. */
interface Inquiry<T, V> {
  readonly begin: (live: Live) => Conversation;
  readonly items: readonly T[];
  readonly pathBytes: (item: T) => number;
  readonly ask: (conversation: Conversation, items: readonly T[]) => Promise<void>;
  readonly answer: (conversation: Conversation, items: readonly T[]) => Promise<V[]>;
}

/** Asks and listens at once, and goes on behind the last answer where the line breaks. */
async function inquire<T, V>(
  remotes: readonly [Remote, ...Remote[]],
  { begin, items, pathBytes, ask, answer }: Inquiry<T, V>,
  signal: AbortSignal,
): Promise<V[]> {
  const { line } = remotes[0];
  const again = line.recovery();
  const verdicts: V[] = [];
  while (verdicts.length < items.length) {
    signal.throwIfAborted();
    try {
      const live = line.live();
      for (const remote of remotes) await remote.place(live);
      const conversation = begin(live);
      const batches = [...batchesBySize(items.slice(verdicts.length), together, pathBytes)];
      await listen(conversation, signal, async () => {
        const asking = (async () => {
          for (const batch of batches) await ask(conversation, batch);
          conversation.channel.end();
        })();
        asking.catch(() => {});
        for (const batch of batches) {
          verdicts.push(...(await answer(conversation, batch)));
          again.progress();
        }
        await asking;
      });
    } catch (error) {
      signal.throwIfAborted();
      await again.after(error);
    }
  }
  return verdicts;
}

async function listen(
  { channel }: Conversation,
  signal: AbortSignal,
  work: () => Promise<void>,
): Promise<void> {
  const stop = (): void => channel.cancel();
  signal.addEventListener("abort", stop);
  try {
    await work();
  } finally {
    signal.removeEventListener("abort", stop);
    channel.cancel();
  }
}

export async function hashThere(
  remote: Remote,
  requests: readonly HashRequest[],
  options: HashOptions,
  signal: AbortSignal,
): Promise<HashVerdict[]> {
  const digests = await inquire<HashRequest, WireDigest>(
    [remote],
    {
      items: requests,
      pathBytes: ({ path }) => path.length + 64,
      begin: (live) => live.ask({ type: "hash", endpoint: remote.number, options }),
      ask: ({ messages }, batch) =>
        messages.send((out) => {
          // The size is said twice; what was asked for counts.
          writeFiles(
            out,
            batch.map(({ path, entry, size }) => ({ path, entry: { ...entry, size } })),
          );
          writeExtents(
            out,
            batch.map(({ what }) => what),
          );
        }),
      answer: ({ messages }, batch) =>
        messages.expect((from) => readDigests(from, batch.length, options.algorithm)),
    },
    signal,
  );
  for (const { size } of requests) remote.counts.bytes += size;
  remote.counts.files += requests.length;
  return digests.map((one, i): HashVerdict => {
    const { path } = requests[i]!;
    return "digest" in one
      ? { path, digest: one.digest }
      : { path, problem: { path, ...one.problem } };
  });
}

/** What files at the other end consist of: an answer for each, since one may be long. */
export function chunksThere(
  remote: Remote,
  requests: readonly ChunkRequest[],
  options: ChunkOptions,
  signal: AbortSignal,
): Promise<(ChunkList | undefined)[]> {
  return inquire<ChunkRequest, ChunkList | undefined>(
    [remote],
    {
      items: requests,
      pathBytes: ({ path }) => path.length + 64,
      begin: (live) => live.ask({ type: "chunks", endpoint: remote.number, options }),
      ask: ({ messages }, batch) => messages.send((out) => writeFiles(out, batch)),
      async answer({ messages }, batch) {
        const lists: (ChunkList | undefined)[] = [];
        while (lists.length < batch.length)
          lists.push(...(await messages.expect((from) => readChunkLists(from, 1))));
        return lists;
      },
    },
    signal,
  );
}

/** Two places of one line. */
export interface PairThere {
  readonly remote: Remote;
  readonly source: Remote;
  readonly options: ApplyOptions;
}

/** Compares content of two places at the other end, which can reach both. */
export async function compareThere(
  { remote, source, options }: PairThere,
  checks: readonly ContentCheck[],
  signal: AbortSignal,
): Promise<ContentVerdict[]> {
  const endpoints = { endpoint: remote.number, source: source.number };
  const verdicts = await inquire<ContentCheck, WireEquality>(
    [remote, source],
    {
      items: checks,
      pathBytes: ({ path, content = path }) => path.length + content.length + 128,
      begin: (live) => live.ask({ type: "compare", ...endpoints, options }),
      ask: ({ messages }, batch) =>
        messages.send((out) => {
          const files = batch.map(({ path, target }) => ({ path, entry: target }));
          writeFiles(out, files);
          const twins = batch.map(({ path, content = path, source: entry }) => ({
            path: content,
            entry,
          }));
          writeFiles(out, twins);
        }),
      answer: ({ messages }, batch) =>
        messages.expect((from) => readEqualities(from, batch.length)),
    },
    signal,
  );
  return verdicts.map((one, i): ContentVerdict => {
    const { path } = checks[i]!;
    return "problem" in one ? { path, problem: { path, ...one.problem } } : { path, ...one };
  });
}
