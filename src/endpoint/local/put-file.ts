import type { ByteString } from "../../base/byte-string.ts";
import { attempts } from "../../core/changed-file.ts";
import type { FileEntry } from "../../core/entry.ts";
import type { Name, RelPath } from "../../core/path.ts";
import { parentPath } from "../../core/path.ts";
import type { PutFile } from "../../core/put-action.ts";
import { withPowersOf } from "../../core/powers.ts";
import { FILE } from "../../core/snapshot.ts";
import { readAttributesOf } from "../../fs/attributes.ts";
import type { Copied } from "../../fs/copy.ts";
import { copyContent } from "../../fs/copy.ts";
import type { Directories } from "../../fs/directories.ts";
import type { Descriptor, Stat } from "../../fs/driver.ts";
import { errnoOf } from "../../fs/file-error.ts";
import { newStat } from "../../fs/stat.ts";
import type { EntryProblem } from "../endpoint.ts";
import type { Applier, Done, LocatedPlace } from "./applier.ts";
import { inWritable, onSide, placeOf } from "./applier.ts";
import { commit, discard } from "./commit.ts";
import { choiceOf, describeOpen, setMetadata } from "./metadata.ts";
import {
  changedOften,
  changedSincePlan,
  isPlanned,
  isSameMoment,
  isUntouched,
  noFile,
  pause,
  waitOutTick,
} from "./source-file.ts";

/** A new file under a temporary name, open for writing. */
export interface StagedFile {
  readonly place: LocatedPlace;
  readonly temp: Name;
  readonly fd: Descriptor;
}

export function beginFile(
  ctx: Applier,
  action: Pick<PutFile, "path">,
  temp: Name = ctx.nextTemp(),
): StagedFile {
  const place = placeOf(ctx, action.path);
  const fd = inWritable(ctx, place.dir, () => ctx.driver.createFile(place.dir, temp));
  return { place, temp, fd };
}

/** Sets the metadata of a filled file, which is not quite as planned perhaps, and gives it its place. */
export function finishFile(
  ctx: Applier,
  action: Pick<PutFile, "path" | "expected" | "entry">,
  { place, temp, fd }: StagedFile,
  now: FileEntry,
): EntryProblem | undefined {
  // What a file has become meanwhile lends no power that nobody has planned.
  const entry = withPowersOf(now, action.entry);
  const { uid, gid, mode, inherits } = freshFile(ctx, parentPath(action.path), place.dir, fd);
  // Where modes are not kept, a file that is replaced keeps its own.
  const replaced = action.expected?.kind === "file" ? action.expected : undefined;
  const problem = setMetadata(ctx, describeOpen(ctx, fd), entry, {
    uid,
    gid,
    mode: replaced?.mode ?? mode,
    isNew: replaced === undefined,
    isBare: !inherits,
  });
  commit(ctx, place, temp, action.expected);
  return problem;
}

/** Copies a file from a source on this machine: staged, verified, committed. */
export function putFile(ctx: Applier, source: Directories, action: PutFile): Done {
  const staged = beginFile(ctx, action);
  try {
    const { entry, copied } = fill(ctx, source, action, staged.fd);
    const problem = finishFile(ctx, action, staged, entry);
    return {
      bytes: copied.written,
      shared: copied.shared,
      ...(problem !== undefined && { problem }),
    };
  } catch (error) {
    discard(ctx, staged.place.dir, staged.temp, true);
    throw error;
  } finally {
    ctx.driver.close(staged.fd);
  }
}

interface Filled {
  /** The file as it was while it was read. */
  readonly entry: FileEntry;
  readonly copied: Copied;
}

/** Copies content until a copy is of one moment: what the file was before reading it is what it was afterwards. */
function fill(ctx: Applier, source: Directories, action: PutFile, to: Descriptor): Filled {
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const from = onSide("source", () => source.openFile(action.content ?? action.path));
    try {
      const filled = fillOnce(ctx, action.entry, from, to);
      if (filled !== undefined) return filled;
    } finally {
      ctx.driver.close(from);
    }
    ctx.driver.truncate(to, 0);
    pause(attempt);
  }
  throw changedOften();
}

const before: Stat = newStat();
const after: Stat = newStat();

function fillOnce(
  ctx: Applier,
  planned: FileEntry,
  from: Descriptor,
  to: Descriptor,
): Filled | undefined {
  const { driver } = ctx;
  onSide("source", () => driver.statDescriptor(from, before));
  if (before.kind !== FILE) throw noFile();
  if (ctx.options.asPlanned === true && !isPlanned(before, planned)) throw changedSincePlan();
  waitOutTick(before);
  const copied = copyContent(ctx.copy, from, to, before.size, before.blocks);
  onSide("source", () => driver.statDescriptor(from, after));
  if (copied.size !== before.size || !isSameMoment(before, after)) return undefined;
  if (isUntouched(before, planned) || ctx.options.asPlanned === true)
    return { entry: planned, copied };
  const { preserve } = ctx.options;
  const wantsAttributes = preserve.xattrs || preserve.acls;
  const xattrs = wantsAttributes
    ? onSide("source", () => readAttributesOf(driver, from, choiceOf(ctx)))
    : undefined;
  return { entry: { ...before, kind: "file", xattrs }, copied };
}

/** What a file is like when it has just been made in a directory, which is the same for all that are made there. */
interface FreshFile {
  readonly dir: RelPath;
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  /** It starts with attributes of its own: the directory has a default ACL. */
  readonly inherits: boolean;
}

const fresh = new WeakMap<Applier, FreshFile>();

/** Looks at the first new file of a directory, and at the directory; files in a row need no look of their own. */
function freshFile(ctx: Applier, path: RelPath, dir: Descriptor, fd: Descriptor): FreshFile {
  const known = fresh.get(ctx);
  if (known?.dir === path) return known;
  ctx.driver.statDescriptor(fd, ctx.stat);
  const { uid, gid, mode } = ctx.stat;
  const facts = { dir: path, uid, gid, mode, inherits: hasDefaultAcl(ctx, dir) };
  fresh.set(ctx, facts);
  return facts;
}

function hasDefaultAcl(ctx: Applier, dir: Descriptor): boolean {
  if (!ctx.options.preserve.acls || !ctx.driver.features.xattrs) return false;
  try {
    return ctx.driver.listXattrsOf(dir).includes("system.posix_acl_default" as ByteString);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
}
