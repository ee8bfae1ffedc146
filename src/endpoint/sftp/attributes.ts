import { DIRECTORY, FILE, PROBLEM } from "../../core/snapshot.ts";
import type { Stat } from "../../fs/driver.ts";
import { kindOfType, newStat } from "../../fs/stat.ts";
import { WireError } from "../../wire/wire-error.ts";
import type { PacketReader } from "./packet-reader.ts";
import type { PacketWriter } from "./packet-writer.ts";
import { attributeFlags, limits } from "./protocol.ts";

/** What a server says of one entry. */
export interface Attributes {
  /** A row kind of `core/snapshot.ts`; `PROBLEM` where the server does not say what it is, how large or how old. */
  readonly kind: number;
  /** Bytes for a file; 0 for every other kind. */
  readonly size: number;
  readonly mtimeSec: number;
  /** The twelve permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** What is to be set of an entry; what is missing stays. */
export interface Wanted {
  readonly size?: number;
  readonly owner?: { readonly uid: number; readonly gid: number };
  readonly mode?: number;
  /** Seconds since the epoch. */
  readonly mtimeSec?: number;
}

/** Bytes that {@link writeAttributes} needs at most. */
export const attributeBytes = 36;

const { size, owner, permissions, times, extended } = attributeFlags;
const known = size | owner | permissions | times;

export function readAttributes(body: PacketReader): Attributes {
  const flags = body.u32();
  if (((flags & ~known) | 0) !== 0 && (flags & ~known) >>> 0 !== extended) {
    throw new WireError("attributes have fields that nobody knows");
  }
  const bytes = (flags & size) === 0 ? 0 : body.u64();
  const uid = (flags & owner) === 0 ? 0 : body.u32();
  const gid = (flags & owner) === 0 ? 0 : body.u32();
  const mode = (flags & permissions) === 0 ? 0 : body.u32();
  if ((flags & times) !== 0) body.u32();
  const mtimeSec = (flags & times) === 0 ? 0 : body.u32();
  if (flags >>> 31 === 1) skipExtended(body);
  const kind = mode > 0xffff ? PROBLEM : kindOfType[mode >>> 12]!;
  const needed = kind === FILE ? permissions | times | size : permissions | times;
  return {
    kind: (flags & needed) === needed ? kind : PROBLEM,
    size: kind === FILE ? bytes : 0,
    mtimeSec,
    mode: mode & 0o7777,
    uid,
    gid,
  };
}

function skipExtended(body: PacketReader): void {
  const count = body.u32();
  if (count > limits.pairs) throw new WireError(`a count is over the limit of ${limits.pairs}`);
  for (let i = 0; i < 2 * count; i++) body.skip();
}

export function writeAttributes(packet: PacketWriter, wanted: Wanted): PacketWriter {
  packet.u32(
    (wanted.size === undefined ? 0 : size) |
      (wanted.owner === undefined ? 0 : owner) |
      (wanted.mode === undefined ? 0 : permissions) |
      (wanted.mtimeSec === undefined ? 0 : times),
  );
  if (wanted.size !== undefined) packet.u64(wanted.size);
  if (wanted.owner !== undefined) packet.u32(wanted.owner.uid).u32(wanted.owner.gid);
  if (wanted.mode !== undefined) packet.u32(wanted.mode);
  // Both times or none: that a file was written now is as good a guess of when it was read last as any.
  if (wanted.mtimeSec !== undefined) packet.u32(nowSec()).u32(wanted.mtimeSec);
  return packet;
}

function nowSec(): number {
  return Math.floor(Date.now() / 1000);
}

/** Whether a time can be said at all: in 32 bits, from 1970 to 2106. */
export function isSayableTime(mtimeSec: number): boolean {
  return mtimeSec >= 0 && mtimeSec <= 0xffff_ffff;
}

export function isDirectory(attributes: Attributes | undefined): boolean {
  return attributes?.kind === DIRECTORY;
}

const scratch: Stat = { ...newStat(), nlink: 1 };

/** The attributes in the form that rows are made of; valid until the next call. */
export function statOf({ kind, size, mtimeSec, mode, uid, gid }: Attributes): Stat {
  scratch.kind = kind;
  scratch.size = size;
  scratch.mtimeSec = mtimeSec;
  scratch.mode = mode;
  scratch.uid = uid;
  scratch.gid = gid;
  return scratch;
}
