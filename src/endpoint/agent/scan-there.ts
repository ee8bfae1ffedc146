import type { RelPath } from "../../core/path.ts";
import { joinPath, rootPath } from "../../core/path.ts";
import type { SnapshotChunk } from "../../core/snapshot.ts";
import { DIRECTORY, nameAt } from "../../core/snapshot.ts";
import { newRowOrder } from "../../wire/row-order.ts";
import { readListing } from "../../wire/scan-messages.ts";
import { WireError } from "../../wire/wire-error.ts";
import type { ScanRequest } from "../endpoint.ts";
import type { Remote } from "./remote.ts";
import type { Conversation, Live } from "./agent-line.ts";
import type { OwnRuns } from "./own-runs.ts";
import { offerRuns } from "./own-runs.ts";

/**
 * The rows of a place at the other end. It begins at once. A listing that breaks off is asked for again from where it
 * stopped; that it makes a tree in path order is looked at row by row.
 */
export function scanThere(
  remote: Remote,
  request: ScanRequest,
  signal: AbortSignal,
): AsyncIterable<SnapshotChunk> {
  const live = remote.line.live();
  const begun = begin(remote, request, { live, after: undefined });
  begun.catch(() => {});
  return readScan(remote, request, begun, signal);
}

interface Attempt {
  readonly live: Live;
  readonly after: RelPath | undefined;
}

interface Begun {
  readonly conversation: Conversation;
  /** The other replica's rows, where those that are equal are not sent. */
  readonly runs: OwnRuns | undefined;
}

async function begin(
  remote: Remote,
  { contentOf: _contentOf, like, ...scan }: ScanRequest,
  { live, after }: Attempt,
): Promise<Begun> {
  await remote.place(live);
  // What is left of a listing that broke off is sent as it is.
  const spec = after === undefined ? like : undefined;
  const conversation = live.ask({
    type: "scan",
    endpoint: remote.number,
    scan,
    like: spec && { preserve: spec.preserve, timeResolution: spec.timeResolution },
    after,
  });
  return { conversation, runs: spec && (await offerRuns(spec, conversation)) };
}

async function* readScan(
  remote: Remote,
  request: ScanRequest,
  first: Promise<Begun>,
  signal: AbortSignal,
): AsyncGenerator<SnapshotChunk> {
  const again = remote.line.recovery();
  const place = newPlaceInListing();
  const order = newRowOrder();
  let begun = first;
  for (;;) {
    try {
      for await (const chunk of readParts(await begun, signal)) {
        order.check(chunk);
        place.pass(chunk);
        remote.counts.entries += chunk.count;
        again.progress();
        yield chunk;
      }
      return;
    } catch (error) {
      signal.throwIfAborted();
      await again.after(error);
      begun = begin(remote, request, { live: remote.line.live(), after: place.current() });
      begun.catch(() => {});
    }
  }
}

async function* readParts(
  { conversation, runs }: Begun,
  signal: AbortSignal,
): AsyncGenerator<SnapshotChunk> {
  const { channel, messages } = conversation;
  const stop = (): void => channel.cancel();
  signal.addEventListener("abort", stop);
  try {
    if (runs === undefined) channel.end();
    let count = 0;
    for (;;) {
      const said = await messages.expect(readListing);
      signal.throwIfAborted();
      if ("rowsInAll" in said) {
        if (said.rowsInAll === count) return;
        throw new WireError("a listing has other rows than it says");
      }
      for (const rows of runs === undefined ? [said.rows] : runs.complete(said)) {
        count += rows.count;
        yield rows;
      }
    }
  } catch (error) {
    runs?.check();
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
    channel.cancel();
    await runs?.stop();
  }
}

/** Knows the path of the last row that has passed. */
interface PlaceInListing {
  pass(chunk: SnapshotChunk): void;
  current(): RelPath | undefined;
}

function newPlaceInListing(): PlaceInListing {
  /** By depth: names of the directories around the last row, and its own. */
  const names: string[] = [];
  let depth = -1;
  return {
    pass(chunk) {
      // Only what is still open behind the chunk matters: the last row of each depth, from the end on.
      let wanted = Infinity;
      for (let row = chunk.count - 1; row >= 0 && wanted > 1; row--) {
        const at = chunk.depth[row]!;
        const isAbove = at < wanted && (wanted === Infinity || chunk.kind[row] === DIRECTORY);
        if (!isAbove) continue;
        if (wanted === Infinity) depth = at;
        names[at] = nameAt(chunk, row);
        wanted = at;
      }
    },
    current() {
      if (depth < 0) return undefined;
      let path = rootPath;
      for (const name of names.slice(1, depth + 1)) path = joinPath(path, name as never);
      return path;
    },
  };
}
