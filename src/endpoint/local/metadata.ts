import type { ByteString } from "../../base/byte-string.ts";
import type { Entry, Metadata, Xattrs } from "../../core/entry.ts";
import type { Name } from "../../core/path.ts";
import type { AttributeChoice } from "../../fs/attributes.ts";
import { isChosen, writeAttributes } from "../../fs/attributes.ts";
import type { Descriptor } from "../../fs/driver.ts";
import { errnoOf } from "../../fs/file-error.ts";
import type { EntryProblem } from "../endpoint.ts";
import type { Applier } from "./applier.ts";
import { asEntryProblem } from "./applier.ts";

/** Leaves an owner or group as it is. */
const unchanged = 0xffffffff;

/** The calls that set metadata, on a descriptor or on a name that is not followed. */
interface Subject {
  readonly setOwner: (uid: number, gid: number) => void;
  readonly setMode: ((mode: number) => void) | undefined;
  readonly setTimes: (sec: number, ns: number) => void;
  readonly listXattrs: () => readonly ByteString[];
  readonly getXattr: (attribute: ByteString) => ByteString;
  readonly setXattr: (attribute: ByteString, value: ByteString) => void;
  readonly removeXattr: (attribute: ByteString) => void;
}

export function choiceOf(ctx: Applier): AttributeChoice {
  const { xattrs, acls } = ctx.options.preserve;
  return { xattrs, acls, isRoot: ctx.self.isRoot };
}

// COMPAT: FUSE servers of the FAT family (libfuse 2) take both times or, without a word, none.
function accessOf({ tolerance }: Applier): "now" | undefined {
  return tolerance.timeResolution >= 1e9 ? "now" : undefined;
}

export function describeOpen(ctx: Applier, fd: Descriptor): Subject {
  const { driver } = ctx;
  return {
    setOwner: (uid, gid) => driver.setOwner(fd, uid, gid),
    setMode: (mode) => driver.setMode(fd, mode),
    setTimes: (sec, ns) => driver.setTimes(fd, sec, ns, accessOf(ctx)),
    listXattrs: () => driver.listXattrsOf(fd),
    getXattr: (attribute) => driver.getXattrOf(fd, attribute),
    setXattr: (attribute, value) => driver.setXattrOf(fd, attribute, value),
    removeXattr: (attribute) => driver.removeXattrOf(fd, attribute),
  };
}

export function describeNamed(
  ctx: Applier,
  dir: Descriptor,
  name: Name,
  kind: Entry["kind"],
): Subject {
  const { driver } = ctx;
  return {
    setOwner: (uid, gid) => driver.setOwnerAt(dir, name, uid, gid),
    setMode: kind === "symlink" ? undefined : (mode) => driver.setModeAt(dir, name, mode),
    setTimes: (sec, ns) => driver.setTimesAt(dir, name, sec, ns, accessOf(ctx)),
    listXattrs: () => driver.listXattrs(dir, name),
    getXattr: (attribute) => driver.getXattr(dir, name, attribute),
    setXattr: (attribute, value) => driver.setXattr(dir, name, attribute, value),
    removeXattr: (attribute) => driver.removeXattr(dir, name, attribute),
  };
}

/** What is known of something before its metadata is set. */
export interface Before {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  /** It has just been made: a mode that is not kept is the source's without what the umask takes. */
  readonly isNew: boolean;
  /** Nobody can have given it attributes, so none are looked for. */
  readonly isBare: boolean;
}

/**
 * Sets what shall be kept: owner, attributes, mode, times, in this order, since each can undo a later one's work. Goes on
 * after a failure and returns the first: what could be set is set.
 */
export function setMetadata(
  ctx: Applier,
  subject: Subject,
  entry: Metadata,
  before: Before,
): EntryProblem | undefined {
  let problem: EntryProblem | undefined;
  const attempt = (work: () => void): boolean => {
    try {
      work();
      return true;
    } catch (error) {
      problem ??= asEntryProblem("target", error);
      return false;
    }
  };
  const { preserve } = ctx.options;
  const uid = preserve.owner ? entry.uid : before.uid;
  const gid = preserve.group ? entry.gid : before.gid;
  let owned = true;
  if (uid !== before.uid || gid !== before.gid) {
    const set = (): void =>
      subject.setOwner(uid === before.uid ? unchanged : uid, gid === before.gid ? unchanged : gid);
    owned = attempt(set);
  }
  if ((preserve.xattrs || preserve.acls) && !(before.isBare && entry.xattrs === undefined)) {
    attempt(() => setAttributes(ctx, subject, entry.xattrs, before));
  }
  attempt(() =>
    setMode(ctx, subject, entry, {
      ...before,
      uid: owned ? uid : before.uid,
      gid: owned ? gid : before.gid,
    }),
  );
  if (preserve.times) attempt(() => subject.setTimes(entry.mtimeSec, entry.mtimeNs));
  return problem;
}

function setMode(ctx: Applier, subject: Subject, entry: Metadata, before: Before): void {
  const { setMode } = subject;
  if (setMode === undefined) return;
  if (!ctx.options.preserve.mode) {
    // An access ACL that was just set is the mode; and a group's directory hands its group on.
    const hasAcl = entry.xattrs?.some(([name]) => name === "system.posix_acl_access") ?? false;
    if (hasAcl && ctx.options.preserve.acls) return;
    const fresh = (entry.mode & 0o777 & ~ctx.self.umask) | (before.mode & 0o2000);
    setMode(before.isNew ? fresh : before.mode);
    return;
  }
  // A set-id bit lends the owner's power: it is never given to a file of somebody else's.
  let { mode } = entry;
  if (before.uid !== entry.uid) mode &= ~0o4000;
  if (before.gid !== entry.gid) mode &= ~0o2000;
  setMode(mode);
}

function setAttributes(
  ctx: Applier,
  subject: Subject,
  wanted: Xattrs | undefined,
  before: Before,
): void {
  const choice = choiceOf(ctx);
  const listed = subject.listXattrs().filter((attribute) => isChosen(attribute, choice));
  const current = listed.map((attribute) => [attribute, subject.getXattr(attribute)] as const);
  const write = (): void =>
    writeAttributes(wanted, { current, set: subject.setXattr, remove: subject.removeXattr });
  try {
    write();
  } catch (error) {
    // Only what may be written to takes attributes; the mode is set right after this.
    if (errnoOf(error) !== "EACCES" || subject.setMode === undefined) throw error;
    subject.setMode(before.mode | 0o200);
    write();
  }
}
