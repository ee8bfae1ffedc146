import { SyncError } from "../../base/errors.ts";
import type { ByteString } from "../../base/byte-string.ts";
import { compileFilter } from "../../core/filter-matcher.ts";
import { ignoreStack } from "../../core/ignore-stack.ts";
import { rootPath } from "../../core/path.ts";
import type { SnapshotChunk } from "../../core/snapshot.ts";
import {
  capacityOf,
  CLOSED,
  DIRECTORY,
  HAS_EXTRA,
  newChunk,
  PROBLEM,
} from "../../core/snapshot.ts";
import { pushRow } from "../../fs/rows.ts";
import { EntryProblem } from "../endpoint.ts";
import type { Attributes } from "./attributes.ts";
import { isDirectory, statOf } from "./attributes.ts";
import { ListAhead } from "./list-ahead.ts";
import type { Scan, ScannedDirectory, ScannedLevel, ScannedRow } from "./scan-rows.ts";
import type { Session } from "./session.ts";
import { asReadProblem, statusOf } from "./status-error.ts";

/**
 * Which file system the root is in, for a scan that is to stay there. Throws where the server cannot tell them apart: what
 * is mounted below the root would be taken for a part of it.
 */
export async function fileSystemOf(
  { client }: Session,
  root: ByteString,
  location: string,
): Promise<ByteString | undefined> {
  if (client.offers("statvfs")) return (await client.statvfs(root))?.id;
  const message = `${location}: this SFTP server does not tell file systems apart`;
  throw new SyncError("UNSUPPORTED", message, { hint: "Do without --one-file-system." });
}

/** A directory whose rows are being written. */
interface Open {
  readonly level: ScannedLevel;
  next: number;
}

/**
 * Walks the tree below a root depth first, in byte order. Throws only for the root itself: below it, what cannot be read is a
 * problem row. `location` is what messages call the root.
 *
 * RACE: SFTP lists by path, so that a directory which becomes a link while the scan is under way is listed where the link
 * leads. Before anything there is read or changed, the way to it is looked at once more.
 */
export async function* scanTree(
  scan: Scan,
  root: ByteString,
  location: string,
  signal: AbortSignal,
): AsyncGenerator<SnapshotChunk> {
  const ahead = new ListAhead(scan);
  const top = topOf(scan, root);
  try {
    const { attributes, level } = await openRoot(scan, ahead, top, location);
    signal.throwIfAborted();
    let chunk = newChunk();
    addRow(chunk, 0, rootRow(attributes, level));
    const levels: Open[] = [{ level, next: 0 }];
    while (levels.length > 0) {
      const open = levels.at(-1)!;
      const row = open.level.rows[open.next++];
      if (row === undefined) {
        levels.pop();
        continue;
      }
      if (chunk.count === capacityOf(chunk)) {
        yield chunk;
        signal.throwIfAborted();
        chunk = newChunk();
      }
      const depth = levels.length;
      if (row.directory === undefined) addRow(chunk, depth, row);
      else {
        const below = await enter(scan, ahead, row, row.directory);
        signal.throwIfAborted();
        addRow(chunk, depth, below.row);
        if (below.level !== undefined) levels.push({ level: below.level, next: 0 });
      }
    }
    yield chunk;
  } finally {
    ahead.stop();
  }
}

function topOf({ request }: Scan, root: ByteString): ScannedDirectory {
  return {
    path: rootPath,
    host: root,
    isTop: true,
    ignores: ignoreStack(compileFilter(request.filter)),
    around: request.links === "follow" ? [root] : [],
  };
}

async function openRoot(
  { run, request }: Scan,
  ahead: ListAhead,
  top: ScannedDirectory,
  location: string,
): Promise<{ readonly attributes: Attributes; readonly level: ScannedLevel }> {
  try {
    const looking = run(({ client }) => client.stat(top.host));
    looking.catch(() => {});
    const level = await ahead.take(top);
    const attributes = await looking;
    if (attributes !== undefined && isDirectory(attributes)) return { attributes, level };
  } catch (error) {
    if (statusOf(error) === undefined && !(error instanceof EntryProblem)) throw error;
    const { message } = asReadProblem(request.side, error);
    throw new SyncError("ROOT_UNREADABLE", `${location}: ${message}`, { cause: error });
  }
  throw new SyncError("ROOT_UNREADABLE", `${location}: it is no directory`);
}

function rootRow(attributes: Attributes, level: ScannedLevel): ScannedRow {
  const row = { name: "", kind: DIRECTORY, flags: 0, attributes } as unknown as ScannedRow;
  return withRules(row, level);
}

function withRules(row: ScannedRow, { ignoreRules }: ScannedLevel): ScannedRow {
  return ignoreRules === undefined ? row : { ...row, extra: { ignoreRules } };
}

/** Takes what is listed before the row is written, so that what cannot be listed is a problem and no directory. */
async function enter(
  { request }: Scan,
  ahead: ListAhead,
  row: ScannedRow,
  directory: ScannedDirectory,
): Promise<{ readonly row: ScannedRow; readonly level?: ScannedLevel }> {
  try {
    const level = await ahead.take(directory);
    if (level.isClosed) return { row: { ...row, flags: CLOSED } };
    return { row: withRules(row, level), level };
  } catch (error) {
    const { code, message } = asReadProblem(request.side, error);
    return { row: { ...row, kind: PROBLEM, extra: { problem: { code, message } } } };
  }
}

function addRow(chunk: SnapshotChunk, depth: number, row: ScannedRow): void {
  const at = pushRow(chunk, depth, row.name, row.kind, statOf(row.attributes));
  const { extra, flags } = row;
  chunk.flags[at] = extra === undefined ? flags : flags | HAS_EXTRA;
  if (extra !== undefined) chunk.extras.set(at, extra);
}
