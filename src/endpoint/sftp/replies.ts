import type { ByteString } from "../../base/byte-string.ts";
import { WireError } from "../../wire/wire-error.ts";
import type { Attributes } from "./attributes.ts";
import { readAttributes } from "./attributes.ts";
import type { PacketReader } from "./packet-reader.ts";
import type { Handle } from "./packet-writer.ts";
import { limits, packets, statuses } from "./protocol.ts";
import { StatusError } from "./status-error.ts";

/** One name of a listing, as the server gives it: it may be anything. */
export interface Listed {
  readonly name: ByteString;
  readonly attributes: Attributes;
}

/** Room on a file system, and which one it is. */
export interface FileSystemRoom {
  readonly freeBytes: number;
  /** `undefined` where the file system has no fixed number of inodes. */
  readonly freeInodes: number | undefined;
  /** Equal for directories of one file system. */
  readonly id: ByteString;
  readonly isReadOnly: boolean;
}

/** Bytes that a server reads or writes at once; 0 where it does not say. */
export interface ServerLimits {
  readonly read: number;
  readonly write: number;
  readonly handles: number;
}

/** Reads a status: returns its code where that is `ok` or the one that is `tolerated`, and throws it otherwise. */
function statusIn(type: number, body: PacketReader, tolerated: number = statuses.ok): number {
  if (type !== packets.status) throw new WireError("an answer of the wrong kind");
  const status = body.u32();
  if (status !== statuses.ok && status !== tolerated) throw new StatusError(status);
  return status;
}

/** A status that may only be a refusal. */
function refusal(type: number, body: PacketReader, tolerated?: number): undefined {
  if (statusIn(type, body, tolerated) === statuses.ok) {
    throw new WireError("an answer without what was asked for");
  }
}

export function done(type: number, body: PacketReader): void {
  statusIn(type, body);
}

export function handle(type: number, body: PacketReader): Handle {
  if (type !== packets.handle) {
    refusal(type, body);
    throw new WireError("no handle");
  }
  return body.string(limits.handle) as Handle;
}

/** No more than was asked for; `undefined` at the end of the file. */
export function data(type: number, body: PacketReader, asked: number): Buffer | undefined {
  return type === packets.data ? body.bytes(asked) : refusal(type, body, statuses.endOfFile);
}

/** `undefined` where nothing is there. */
export function attributes(type: number, body: PacketReader): Attributes | undefined {
  return type === packets.attributes
    ? readAttributes(body)
    : refusal(type, body, statuses.noSuchFile);
}

/** `undefined` at the end of the directory. */
export function names(type: number, body: PacketReader): Listed[] | undefined {
  if (type !== packets.name) return refusal(type, body, statuses.endOfFile);
  const count = body.u32();
  const out: Listed[] = [];
  // Each name takes at least twelve bytes, so that a count alone fills no memory.
  for (let i = 0; i < count; i++) {
    const name = body.string(limits.path);
    body.skip();
    out.push({ name, attributes: readAttributes(body) });
  }
  return out;
}

/** The one name that a path or a link leads to. */
export function oneName(type: number, body: PacketReader): ByteString {
  const found = names(type, body);
  if (found?.length !== 1) throw new WireError("not one name where one was asked for");
  return found[0]!.name;
}

export function room(type: number, body: PacketReader): FileSystemRoom | undefined {
  if (type !== packets.extendedReply) return refusal(type, body, statuses.noSuchFile);
  body.u64();
  const blockBytes = body.u64();
  body.roughly64();
  body.roughly64();
  const freeBlocks = body.roughly64();
  const inodes = body.roughly64();
  body.roughly64();
  const freeInodes = body.roughly64();
  const id = `${body.u32()} ${body.u32()}` as ByteString;
  const flags = body.u64();
  return {
    freeBytes: blockBytes * freeBlocks,
    freeInodes: inodes === 0 ? undefined : freeInodes,
    id,
    isReadOnly: flags % 2 === 1,
  };
}

export function serverLimits(type: number, body: PacketReader): ServerLimits | undefined {
  if (type !== packets.extendedReply) return refusal(type, body);
  body.roughly64();
  const [read, write, handles] = [body.roughly64(), body.roughly64(), body.roughly64()];
  return { read, write, handles };
}
