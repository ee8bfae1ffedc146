import type { ByteString } from "../../base/byte-string.ts";
import type { Entry, Metadata } from "../../core/entry.ts";
import { EntryProblem } from "../endpoint.ts";
import type { Applier } from "./applier.ts";
import type { Attributes, Wanted } from "./attributes.ts";
import { isSayableTime } from "./attributes.ts";
import { explainStatus } from "./explain.ts";
import type { Handle } from "./packet-writer.ts";
import { kinds } from "../../core/snapshot.ts";
import { setNamed } from "./set-named.ts";
import { statusOf } from "./status-error.ts";

/** Something whose metadata is set: an open file, or a name that is not followed. */
export interface Subject {
  readonly set: (wanted: Wanted) => Promise<void>;
  readonly look: () => Promise<Attributes | undefined>;
  readonly hasMode: boolean;
}

/** What is known of something before its metadata is set. */
export interface Before {
  /** Where modes are not kept, it keeps this one; what has just been made gets one without what the umask takes. */
  readonly mode: number | undefined;
  /** Its attributes, where somebody has looked. */
  readonly attributes?: Attributes;
}

export function openSubject({ session: { client } }: Applier, handle: Handle): Subject {
  return {
    set: (wanted) => client.fsetstat(handle, wanted),
    look: () => client.fstat(handle),
    hasMode: true,
  };
}

export function namedSubject(ctx: Applier, host: ByteString, kind: Entry["kind"]): Subject {
  const { client } = ctx.session;
  return {
    set: (wanted) => setNamed(client, host, kinds.indexOf(kind), wanted),
    look: () => client.lstat(host),
    hasMode: kind !== "symlink",
  };
}

/**
 * What one request can set, when that is all; `undefined` where it takes more: set-id bits, whose owner has to be known, or
 * a mode that the server's umask has a say in.
 */
export function setAtOnce(ctx: Applier, entry: Metadata, before: Before): Wanted | undefined {
  const { preserve } = ctx.options;
  const mode = preserve.mode ? entry.mode : before.mode;
  if (mode === undefined || (mode & 0o6000) !== 0) return undefined;
  if (preserve.owner !== preserve.group) return undefined;
  if (!preserve.times) return { mode, ...(preserve.owner && { owner: entry }) };
  if (!isSayableTime(entry.mtimeSec)) return undefined;
  return { mode, mtimeSec: entry.mtimeSec, ...(preserve.owner && { owner: entry }) };
}

/**
 * Sets what shall be kept, owners before modes, since that clears set-id bits. Goes on after a failure and returns the
 * first: what could be set is set.
 */
export async function setMetadata(
  ctx: Applier,
  subject: Subject,
  entry: Metadata,
  before: Before,
): Promise<EntryProblem | undefined> {
  const atOnce = subject.hasMode ? setAtOnce(ctx, entry, before) : undefined;
  if (atOnce !== undefined && (await isSet(subject, atOnce))) return undefined;
  const problems: EntryProblem[] = [];
  const attempt = async (wanted: Wanted): Promise<boolean> => {
    try {
      if (Object.keys(wanted).length > 0) await subject.set(wanted);
      return true;
    } catch (error) {
      problems.push(await explainStatus(ctx.session.client, error, { at: ctx.reach.root }));
      return false;
    }
  };
  const now = before.attributes ?? (await subject.look());
  const owner = await setOwner(ctx, entry, now, attempt);
  // A set-id bit lends the owner's power: it is never given to a file of somebody else's.
  const lent = (owner?.uid === entry.uid ? 0 : 0o4000) | (owner?.gid === entry.gid ? 0 : 0o2000);
  if (subject.hasMode) {
    const mode = await modeOf(ctx, entry, before);
    await attempt({ mode: ctx.options.preserve.mode ? mode & ~lent : mode });
  }
  await attempt(timesOf(ctx, entry, problems));
  return problems[0];
}

async function isSet(subject: Subject, wanted: Wanted): Promise<boolean> {
  try {
    await subject.set(wanted);
    return true;
  } catch (error) {
    if (statusOf(error) === undefined) throw error;
    return false;
  }
}

/** Gives it the owner and the group that are kept. Returns whose it is then. */
async function setOwner(
  { options: { preserve } }: Applier,
  entry: Metadata,
  now: Attributes | undefined,
  attempt: (wanted: Wanted) => Promise<boolean>,
): Promise<{ readonly uid: number; readonly gid: number } | undefined> {
  if (now === undefined) return undefined;
  const owner = {
    uid: preserve.owner ? entry.uid : now.uid,
    gid: preserve.group ? entry.gid : now.gid,
  };
  const isSame = owner.uid === now.uid && owner.gid === now.gid;
  return isSame || (await attempt({ owner })) ? owner : now;
}

function timesOf(
  { options: { preserve } }: Applier,
  { mtimeSec }: Metadata,
  problems: EntryProblem[],
): Pick<Wanted, "mtimeSec"> {
  if (!preserve.times) return {};
  if (isSayableTime(mtimeSec)) return { mtimeSec };
  const message = "SFTP has no times before 1970 or after 2106, so it has got another one";
  problems.push(new EntryProblem("target", "unsupported", message));
  return {};
}

async function modeOf(ctx: Applier, entry: Metadata, before: Before): Promise<number> {
  if (ctx.options.preserve.mode) return entry.mode;
  if (before.mode !== undefined) return before.mode;
  const inherited = (before.attributes?.mode ?? 0) & 0o2000;
  return (entry.mode & 0o777 & ~(await ctx.umask())) | inherited;
}
