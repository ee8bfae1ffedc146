import type { ByteString } from "../../base/byte-string.ts";
import type { Attributes, Wanted } from "./attributes.ts";
import { attributeBytes, writeAttributes } from "./attributes.ts";
import type { Connection, ReplyReader } from "./connection.ts";
import { newPace } from "../ssh/pace.ts";
import { Gate } from "./gate.ts";
import type { Handle } from "./packet-writer.ts";
import { roomForPayload } from "./packet-writer.ts";
import type { Extension } from "./protocol.ts";
import { extensions, packets } from "./protocol.ts";
import * as replies from "./replies.ts";

/** Bytes of content under way, both ways together. */
const window = 8 << 20;
const nameBytes = 64;

/**
 * The requests of SFTP, one method each. All are sent at once, in the order of the calls, and a server carries out what
 * concerns one file in that order. A refusal rejects with `StatusError`.
 */
export class SftpClient {
  readonly connection: Connection;
  /** For whoever reads or writes content: {@link read} and {@link write} give back what was entered for them. */
  readonly gate: Gate;
  readonly #offered: ReadonlySet<Extension>;

  constructor(
    connection: Connection,
    offered: ReadonlySet<Extension>,
    bytesPerSecond: number | undefined,
  ) {
    this.connection = connection;
    this.#offered = offered;
    const pace = bytesPerSecond === undefined ? undefined : newPace(bytesPerSecond);
    this.gate = new Gate(window, pace);
    connection.atEnd(() => this.gate.open());
  }

  offers(extension: Extension): boolean {
    return this.#offered.has(extension);
  }

  open(path: ByteString, flags: number, mode?: number): Promise<Handle> {
    const room = path.length + 8 + attributeBytes;
    const packet = this.connection.begin(packets.open, room).string(path).u32(flags);
    writeAttributes(packet, mode === undefined ? {} : { mode }).end();
    return this.connection.answer(replies.handle);
  }

  close(handle: Handle): Promise<void> {
    return this.#about(packets.close, handle, replies.done);
  }

  /** Fewer bytes than were asked for only at the end of the file; `undefined` behind it. */
  read(handle: Handle, position: number, length: number): Promise<Buffer | undefined> {
    const packet = this.connection.begin(packets.read, handle.length + 16);
    packet.string(handle).u64(position).u32(length).end();
    return this.connection.answer((type, body) => {
      this.gate.leave(length);
      return replies.data(type, body, length);
    });
  }

  write(handle: Handle, position: number, bytes: Uint8Array): Promise<void> {
    const { length } = bytes;
    const room = handle.length + 12 + roomForPayload(length);
    this.connection.begin(packets.write, room).string(handle).u64(position).endWith(bytes);
    return this.connection.answer((type, body) => {
      this.gate.leave(length);
      replies.done(type, body);
    });
  }

  /** `undefined` where nothing is there; links are not followed. */
  lstat(path: ByteString): Promise<Attributes | undefined> {
    return this.#about(packets.lstat, path, replies.attributes);
  }

  /** {@link lstat}, through links. */
  stat(path: ByteString): Promise<Attributes | undefined> {
    return this.#about(packets.stat, path, replies.attributes);
  }

  fstat(handle: Handle): Promise<Attributes | undefined> {
    return this.#about(packets.fstat, handle, replies.attributes);
  }

  /** Follows links. */
  setstat(path: ByteString, wanted: Wanted): Promise<void> {
    return this.#set(packets.setstat, path, wanted);
  }

  fsetstat(handle: Handle, wanted: Wanted): Promise<void> {
    return this.#set(packets.fsetstat, handle, wanted);
  }

  /** Does not follow links. */
  lsetstat(path: ByteString, wanted: Wanted): Promise<void> {
    const packet = this.#extended("lsetstat", path.length + 4 + attributeBytes).string(path);
    writeAttributes(packet, wanted).end();
    return this.connection.answer(replies.done);
  }

  opendir(path: ByteString): Promise<Handle> {
    return this.#about(packets.opendir, path, replies.handle);
  }

  /** Some more names of a directory; `undefined` when there are none. */
  readdir(handle: Handle): Promise<replies.Listed[] | undefined> {
    return this.#about(packets.readdir, handle, replies.names);
  }

  remove(path: ByteString): Promise<void> {
    return this.#about(packets.remove, path, replies.done);
  }

  mkdir(path: ByteString, mode: number): Promise<void> {
    return this.#set(packets.mkdir, path, { mode });
  }

  rmdir(path: ByteString): Promise<void> {
    return this.#about(packets.rmdir, path, replies.done);
  }

  realpath(path: ByteString): Promise<ByteString> {
    return this.#about(packets.realpath, path, replies.oneName);
  }

  readlink(path: ByteString): Promise<ByteString> {
    return this.#about(packets.readlink, path, replies.oneName);
  }

  /** Of a file, refuses where the new name is taken; of anything else, OpenSSH looks first and renames afterwards. */
  rename(from: ByteString, to: ByteString): Promise<void> {
    return this.#two(this.connection.begin(packets.rename, bytesOf(from, to)), from, to);
  }

  /** Replaces what has the new name. */
  posixRename(from: ByteString, to: ByteString): Promise<void> {
    return this.#two(this.#extended("posixRename", bytesOf(from, to)), from, to);
  }

  /** Gives the file at `from` a further name. */
  hardlink(from: ByteString, to: ByteString): Promise<void> {
    return this.#two(this.#extended("hardlink", bytesOf(from, to)), from, to);
  }

  symlink(path: ByteString, target: ByteString): Promise<void> {
    // COMPAT: OpenSSH takes the target first, against the draft, and everybody has followed it.
    const packet = this.connection.begin(packets.symlink, bytesOf(path, target));
    return this.#two(packet, target, path);
  }

  /** Copies within the server. */
  copyData(from: Handle, to: Handle, position: number, length: number): Promise<void> {
    const packet = this.#extended("copyData", bytesOf(from, to) + 24);
    packet.string(from).u64(position).u64(length).string(to).u64(position).end();
    return this.connection.answer(replies.done);
  }

  statvfs(path: ByteString): Promise<replies.FileSystemRoom | undefined> {
    this.#extended("statvfs", path.length + 4)
      .string(path)
      .end();
    return this.connection.answer(replies.room);
  }

  limits(): Promise<replies.ServerLimits | undefined> {
    this.#extended("limits", 0).end();
    return this.connection.answer(replies.serverLimits);
  }

  #about<T>(type: number, subject: ByteString, read: ReplyReader<T>): Promise<T> {
    this.connection
      .begin(type, subject.length + 4)
      .string(subject)
      .end();
    return this.connection.answer(read);
  }

  #set(type: number, subject: ByteString, wanted: Wanted): Promise<void> {
    const room = subject.length + 4 + attributeBytes;
    writeAttributes(this.connection.begin(type, room).string(subject), wanted).end();
    return this.connection.answer(replies.done);
  }

  #two(packet: Packet, first: ByteString, second: ByteString): Promise<void> {
    packet.string(first).string(second).end();
    return this.connection.answer(replies.done);
  }

  #extended(extension: Extension, room: number): Packet {
    const name = extensions[extension];
    return this.connection.begin(packets.extended, room + nameBytes).string(name);
  }
}

type Packet = ReturnType<Connection["begin"]>;

function bytesOf(first: string, second: string): number {
  return first.length + second.length + 8;
}
