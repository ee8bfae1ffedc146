import type { ByteString } from "../../base/byte-string.ts";
import type { Entry } from "../../core/entry.ts";
import type { Name, RelPath } from "../../core/path.ts";
import { parentPath } from "../../core/path.ts";
import type { ApplyOptions } from "../endpoint.ts";
import { EntryProblem } from "../endpoint.ts";
import type { Attributes } from "./attributes.ts";
import { isExpected } from "./expectation.ts";
import type { Handle } from "./packet-writer.ts";
import { openFlags, statuses } from "./protocol.ts";
import type { Reach } from "./reach.ts";
import type { Session } from "./session.ts";
import { setNamed } from "./set-named.ts";
import { statusOf } from "./status-error.ts";
import type { VersionStore } from "./version-store.ts";

/** Running counters; see `Endpoint.progress`. */
export interface Counts {
  entries: number;
  files: number;
  bytes: number;
}

/** Everything that carrying out actions needs. */
export interface Applier {
  readonly session: Session;
  /** Directories of the target that are directories. */
  readonly reach: Reach;
  readonly options: ApplyOptions;
  readonly isPrivileged: boolean;
  readonly nextTemp: () => Name;
  readonly counts: Counts;
  /** What the server takes from the modes of new files; found out when it is first asked for. */
  readonly umask: () => Promise<number>;
  /** Where what goes is kept, if the run keeps it. */
  readonly versions: VersionStore | undefined;
  /** Temporary names that a connection was lost with, and that may be there still. */
  readonly unswept: Set<ByteString>;
  /** Directories that have been made writable, by path. */
  readonly opened: Map<RelPath, Promise<boolean>>;
}

/** What one action did. */
export interface Done {
  readonly bytes: number;
  /** The action was carried out, but not all of it could be. */
  readonly problem?: EntryProblem;
}

export const nothingWritten: Done = { bytes: 0 };

export function doneWith(bytes: number, problem: EntryProblem | undefined): Done {
  return problem === undefined ? { bytes } : { bytes, problem };
}

/** Where what stands beside a path is on the host. */
export function besides(ctx: Applier, path: RelPath, name: Name): ByteString {
  const dir = parentPath(path);
  return ctx.reach.host((dir === "" ? name : `${dir}/${name}`) as RelPath);
}

/** Throws unless exactly what the plan expects stands at the path, as far as SFTP tells; the way there has been looked at. */
export async function checkExpected(
  ctx: Applier,
  path: RelPath,
  expected: Entry,
): Promise<Attributes> {
  const attributes = await ctx.session.client.lstat(ctx.reach.host(path));
  if (attributes === undefined) {
    const message = "it has gone since the plan was made; the next run will see";
    throw new EntryProblem("target", "changed", message);
  }
  if (isExpected(attributes, expected)) return attributes;
  const message = "it has changed since the plan was made; the next run will see";
  throw new EntryProblem("target", "changed", message);
}

export function appeared(): EntryProblem {
  const message = "something has appeared here since the plan was made; the next run will see";
  return new EntryProblem("target", "changed", message);
}

/**
 * Does something that changes a directory's names. One of our own that is not writable is made so; whoever changes a
 * directory finishes it afterwards, and that gives it its mode back.
 */
export async function inWritable<T>(
  ctx: Applier,
  dir: RelPath,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (statusOf(error) !== statuses.permissionDenied) throw error;
    if (ctx.isPrivileged || ctx.options.leavesRoot === true) throw error;
    const opening = ctx.opened.get(dir) ?? makeWritable(ctx, dir);
    ctx.opened.set(dir, opening);
    if (!(await opening)) throw error;
    return work();
  }
}

/** Whether the directory lacked the right, and has it now. Only its owner can give it. */
async function makeWritable(ctx: Applier, dir: RelPath): Promise<boolean> {
  const { client } = ctx.session;
  const host = ctx.reach.host(dir);
  try {
    const attributes = await client.lstat(host);
    if (attributes === undefined || (attributes.mode & 0o300) === 0o300) return false;
    await setNamed(client, host, attributes.kind, { mode: attributes.mode | 0o700 });
    return true;
  } catch (error) {
    if (statusOf(error) === undefined) throw error;
    return false;
  }
}

/** A new file under a temporary name, open for writing. */
export interface StagedFile {
  readonly path: RelPath;
  readonly host: ByteString;
  readonly handle: Handle;
}

/** Makes a file beside where it belongs, which is nobody else's until it is finished. */
export async function stageFile(ctx: Applier, path: RelPath): Promise<StagedFile> {
  const dir = parentPath(path);
  await ctx.reach.directory(dir);
  const host = besides(ctx, path, ctx.nextTemp());
  const flags = openFlags.write | openFlags.create | openFlags.exclusive;
  const open = (): Promise<Handle> => ctx.session.client.open(host, flags, 0o600);
  const handle = await sweptLater(ctx, host, inWritable(ctx, dir, open));
  return { path, host, handle };
}

/** Removes what will not be used. What is refused here is cleaned up by the next run. */
export async function discard(ctx: Applier, host: ByteString): Promise<void> {
  await sweptLater(ctx, host, ignoringRefusal(ctx.session.client.remove(host)));
}

/** Notes the temporary name that something is about, where nobody hears what has become of that. */
export async function sweptLater<T>(ctx: Applier, host: ByteString, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (statusOf(error) === undefined) ctx.unswept.add(host);
    throw error;
  }
}

export async function ignoringRefusal(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (statusOf(error) === undefined) throw error;
  }
}
