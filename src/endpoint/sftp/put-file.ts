import type { FileEntry } from "../../core/entry.ts";
import type { RelPath } from "../../core/path.ts";
import type { PutFile } from "../../core/put-action.ts";
import { EntryProblem } from "../endpoint.ts";
import type { Applier, Done, StagedFile } from "./applier.ts";
import { checkExpected, discard, doneWith, stageFile } from "./applier.ts";
import { commit, renameIntoFree, replace } from "./commit.ts";
import type { Before } from "./metadata.ts";
import { namedSubject, openSubject, setAtOnce, setMetadata } from "./metadata.ts";
import { statusOf } from "./status-error.ts";

/** What a file is put in place of. */
export type FileTarget = Pick<PutFile, "path" | "expected">;

/**
 * Puts a small file in its place in three steps of one answer each: a new file; content, metadata and close; the rename.
 * With many under way, it is the server's work that takes the time.
 */
export async function putSmall(ctx: Applier, action: PutFile, data: Uint8Array): Promise<Done> {
  const { entry, path, expected } = action;
  if (data.length !== entry.size) throw notAsAnnounced();
  const staged = await stageFile(ctx, path);
  try {
    const looking = expected && checkExpected(ctx, path, expected);
    looking?.catch(() => {});
    const problem = await fill(ctx, staged, action, data);
    ctx.counts.bytes += data.length;
    const to = ctx.reach.host(path);
    if (expected === undefined) await renameIntoFree(ctx, staged.host, to, "file");
    else {
      await looking;
      await replace(ctx, path, staged.host, expected);
    }
    return doneWith(data.length, problem);
  } catch (error) {
    await discard(ctx, staged.host);
    throw error;
  }
}

/** Everything about a small file but its place; the file is closed afterwards. */
async function fill(
  ctx: Applier,
  staged: StagedFile,
  { entry, expected }: PutFile,
  data: Uint8Array,
): Promise<EntryProblem | undefined> {
  const { client } = ctx.session;
  const before = beforeOf(expected);
  const atOnce = setAtOnce(ctx, entry, before);
  const writing = await writeAt(ctx, staged, data, 0);
  if (atOnce === undefined) {
    const problem = await finishMetadata(ctx, staged, entry, before);
    await Promise.all([client.close(staged.handle), ...writing]);
    return problem;
  }
  const setting = client.fsetstat(staged.handle, atOnce);
  setting.catch(() => {});
  await Promise.all([client.close(staged.handle), ...writing]);
  try {
    await setting;
    return undefined;
  } catch (error) {
    if (statusOf(error) === undefined) throw error;
    return setMetadata(ctx, namedSubject(ctx, staged.host, "file"), entry, before);
  }
}

/** Sends content off. What is returned resolves when it has been written. */
export async function writeAt(
  { session: { client, writeBytes } }: Applier,
  { handle }: StagedFile,
  data: Uint8Array,
  position: number,
): Promise<Promise<void>[]> {
  const writing: Promise<void>[] = [];
  // In pieces of one size: a large one with a small one behind it would take as many requests.
  const count = Math.ceil(data.length / writeBytes);
  const length = Math.ceil(data.length / Math.max(count, 1));
  for (let from = 0; from < data.length; from += length) {
    const piece = data.subarray(from, from + length);
    await client.gate.enter(piece.length);
    const written = client.write(handle, position + from, piece);
    written.catch(() => {});
    writing.push(written);
  }
  return writing;
}

/** Sets the metadata of a file that is whole, and gives it its place. It is closed afterwards. */
export async function finishFile(
  ctx: Applier,
  { path, expected }: FileTarget,
  staged: StagedFile,
  entry: FileEntry,
): Promise<EntryProblem | undefined> {
  const problem = await finishMetadata(ctx, staged, entry, beforeOf(expected));
  await ctx.session.client.close(staged.handle);
  await commit(ctx, path, staged.host, "file", expected);
  return problem;
}

function finishMetadata(
  ctx: Applier,
  { handle }: StagedFile,
  entry: FileEntry,
  before: Before,
): Promise<EntryProblem | undefined> {
  return setMetadata(ctx, openSubject(ctx, handle), entry, before);
}

/** Where modes are not kept, a file that is replaced keeps its own. */
function beforeOf(expected: PutFile["expected"]): Before {
  return { mode: expected?.kind === "file" ? expected.mode : undefined };
}

export function notAsAnnounced(): EntryProblem {
  const message = "what arrived is not what was announced; the next run will try again";
  return new EntryProblem("source", "changed", message);
}

/** Of a path whose content comes from another one. */
export function contentPath({ path, content = path }: PutFile): RelPath {
  return content;
}
