import type { SnapshotChunk } from "../core/snapshot.ts";
import { newChunk } from "../core/snapshot.ts";
import type { Endpoint } from "../endpoint/endpoint.ts";
import { newHasher } from "../fs/hasher.ts";
import { copyRows } from "../core/copy-rows.ts";
import type { Messages } from "../wire/messages.ts";
import type { LikeSpec, WireRequest } from "../wire/requests.ts";
import type { Run } from "../wire/row-runs.ts";
import { RunCutter } from "../wire/row-runs.ts";
import { rowsBehind } from "../wire/rows-behind.ts";
import { RunMatcher } from "../wire/run-matcher.ts";
import type { Segment } from "../wire/scan-messages.ts";
import { readRuns, writeComplete, writePart } from "../wire/scan-messages.ts";

type ScanSpec = Extract<WireRequest, { type: "scan" }>;

/** Rows and segments of one message. */
const partRows = 2048;
const partSegments = 4096;

/** Sends the rows of a scan; those that the other side has as well are only named. */
export async function serveScan(
  endpoint: Endpoint,
  { scan, like, after }: ScanSpec,
  messages: Messages,
  signal: AbortSignal,
): Promise<void> {
  const scanned = endpoint.scan(scan, signal);
  const chunks = trimmed(after === undefined ? scanned : rowsBehind(scanned, after), scan.side);
  const sent = like === undefined ? sendAll(chunks, messages) : sendUnlike(chunks, like, messages);
  const rows = await sent;
  await messages.send((out) => writeComplete(out, rows));
}

/** Sends rows that the other side has not, and says which of its own stand in the place of others. Returns how many there are. */
async function sendUnlike(
  chunks: AsyncIterable<SnapshotChunk>,
  like: LikeSpec,
  messages: Messages,
): Promise<number> {
  const cutter = new RunCutter(like, await newHasher("blake3"));
  const known = listenToRuns(messages);
  const sender = newPartSender(messages);
  const send = async (run: Run): Promise<void> => {
    const rows = run.to - run.from;
    for (;;) {
      const decision = known.matcher.decide(rows, run.digest);
      if (decision.type === "same") return sender.same(decision.number);
      if (decision.type === "different") return sender.rows(run);
      // The other side waits for what has been found before it goes on.
      await sender.flush();
      await known.more();
    }
  };
  let rows = 0;
  for await (const chunk of chunks) {
    rows += chunk.count;
    for (const run of cutter.take(chunk)) await send(run);
  }
  for (const run of cutter.finish()) await send(run);
  await sender.flush();
  return rows;
}

/** Nobody asks when an entry of a target was made, and it does not compress. */
async function* trimmed(
  chunks: AsyncIterable<SnapshotChunk>,
  side: "source" | "target",
): AsyncGenerator<SnapshotChunk> {
  for await (const chunk of chunks) {
    if (side === "target") {
      chunk.birthSec.fill(0, 0, chunk.count);
      chunk.birthNs.fill(0, 0, chunk.count);
    }
    yield chunk;
  }
}

async function sendAll(chunks: AsyncIterable<SnapshotChunk>, messages: Messages): Promise<number> {
  let rowsInAll = 0;
  for await (const rows of chunks) {
    rowsInAll += rows.count;
    const segments: Segment[] = [{ type: "rows", rows: rows.count }];
    await messages.send((out) => writePart(out, { segments, rows }));
  }
  return rowsInAll;
}

interface KnownRuns {
  readonly matcher: RunMatcher;
  /** Resolves when more runs have become known, or the last. */
  more(): Promise<void>;
}

/** Takes in the other side's runs as they come. */
function listenToRuns(messages: Messages): KnownRuns {
  const matcher = new RunMatcher();
  return {
    matcher,
    async more() {
      const runs = await messages.receive(readRuns);
      if (runs === undefined) matcher.end();
      else matcher.add(runs);
    },
  };
}

interface PartSender {
  same(number: number): Promise<void>;
  rows(run: Run): Promise<void>;
  flush(): Promise<void>;
}

/** Gathers what is told of runs, and sends it in parts. */
function newPartSender(messages: Messages): PartSender {
  let rows = newChunk(partRows * 2);
  let segments: Segment[] = [];
  const flush = async (): Promise<void> => {
    if (segments.length === 0) return;
    const part = { segments, rows };
    segments = [];
    rows = newChunk(partRows * 2);
    await messages.send((out) => writePart(out, part));
  };
  const flushFull = async (): Promise<void> => {
    if (rows.count >= partRows || segments.length >= partSegments) await flush();
  };
  return {
    flush,
    async same(number) {
      const last = segments.at(-1);
      if (last?.type === "runs" && last.first + last.count === number)
        segments[segments.length - 1] = { ...last, count: last.count + 1 };
      else segments.push({ type: "runs", first: number, count: 1 });
      await flushFull();
    },
    async rows({ store, from, to }) {
      copyRows(store, { start: from, end: to }, rows);
      const last = segments.at(-1);
      if (last?.type === "rows")
        segments[segments.length - 1] = { type: "rows", rows: last.rows + to - from };
      else segments.push({ type: "rows", rows: to - from });
      await flushFull();
    },
  };
}
