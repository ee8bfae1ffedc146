import type { ByteString } from "../../base/byte-string.ts";
import { lostConnection } from "../../base/endpoint-failure.ts";
import { SyncError } from "../../base/errors.ts";
import type { Transport } from "../../wire/transport.ts";
import { WireError } from "../../wire/wire-error.ts";
import { PacketReader } from "./packet-reader.ts";
import { PacketSplitter } from "./packet-splitter.ts";
import { PacketWriter } from "./packet-writer.ts";
import { limits, packets, sftpVersion } from "./protocol.ts";
import { StatusError } from "./status-error.ts";

/** How a connection is kept. */
export interface ConnectionOptions {
  /** What messages call the other end. */
  readonly name: string;
  /** Milliseconds without a byte from the server, while something is asked of it, after which it counts as lost. */
  readonly silence: number;
}

/** Reads the answer to one request: throws `StatusError` where it is a refusal, and `WireError` where it is nonsense. */
export type ReplyReader<T> = (type: number, body: PacketReader) => T;

interface Pending {
  readonly read: ReplyReader<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

const versionRequestId = -1;

/**
 * One conversation with an SFTP server: any number of requests under way, answers in any order. When it is over (the bytes
 * end, the server falls silent or says what it must not), everything that waits fails with one `SyncError`, and so does
 * everything that is asked afterwards.
 */
export class Connection implements Disposable {
  readonly #out: PacketWriter;
  readonly #transport: Transport;
  readonly #options: ConnectionOptions;
  readonly #pending = new Map<number, Pending>();
  readonly #splitter: PacketSplitter;
  #lastId = 0;
  #isGreeted = false;
  #failure: SyncError | undefined;
  #timer: NodeJS.Timeout | undefined;
  #heardAt = 0;
  #onEnd: (() => void) | undefined;

  constructor(transport: Transport, options: ConnectionOptions) {
    this.#transport = transport;
    this.#options = options;
    this.#out = new PacketWriter((bytes) => {
      // The requests under way are bounded, and so is what a slow line can pile up.
      if (this.#failure === undefined) void transport.write(bytes);
    });
    this.#splitter = new PacketSplitter((packet) => this.#take(packet));
    void this.#listen();
  }

  /** Why the conversation is over, if it is. */
  get failure(): SyncError | undefined {
    return this.#failure;
  }

  get traffic(): ReturnType<Transport["traffic"]> {
    return this.#transport.traffic();
  }

  /** Has a function called when it is over. */
  atEnd(call: () => void): void {
    this.#onEnd = call;
  }

  /** Exchanges versions; resolves with the extensions that the server announces. */
  open(): Promise<ReadonlyMap<ByteString, ByteString>> {
    const greeting = Buffer.alloc(9);
    greeting.writeUInt32BE(5);
    greeting[4] = packets.init;
    greeting.writeUInt32BE(sftpVersion, 5);
    void this.#transport.write(greeting);
    return this.#await(versionRequestId, readVersion);
  }

  /** Ends the conversation, since the server says what it must not; returns what to throw. */
  nonsense(what: string, cause?: unknown): SyncError {
    const { name } = this.#options;
    const failure = this.#isGreeted
      ? new SyncError(
          "ENDPOINT_PROTOCOL",
          `${name}: the SFTP server says what it must not: ${what}`,
          {
            cause,
          },
        )
      : new SyncError("ENDPOINT_PROTOCOL", `${name}: what answers is no SFTP server: ${what}`, {
          hint: "A login script there may print something: `ssh HOST true` has to print nothing.",
          cause,
        });
    this.#end(failure);
    return failure;
  }

  /** Begins a request, to be ended by the caller and then handed to {@link answer}. See {@link PacketWriter.begin}. */
  begin(type: number, room: number): PacketWriter {
    this.#lastId = (this.#lastId + 1) >>> 0;
    while (this.#pending.has(this.#lastId)) this.#lastId = (this.#lastId + 1) >>> 0;
    return this.#out.begin(type, this.#lastId, room);
  }

  /** What the server answers to the request that was begun last. */
  answer<T>(read: ReplyReader<T>): Promise<T> {
    return this.#await(this.#lastId, read);
  }

  #await<T>(id: number, read: ReplyReader<T>): Promise<T> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    this.#watch();
    return new Promise<T>((resolve, reject) => {
      this.#pending.set(id, { read, resolve: resolve as (value: unknown) => void, reject });
    });
  }

  async #listen(): Promise<void> {
    try {
      for await (const chunk of this.#transport.incoming) {
        this.#heardAt = performance.now();
        this.#splitter.push(chunk);
        if (this.#failure !== undefined) return;
      }
      this.#lose("the connection was closed");
    } catch (error) {
      if (error instanceof SyncError) this.#end(error);
      else if (error instanceof WireError) this.nonsense(error.message, error);
      else this.#lose("the connection broke", error);
    }
  }

  #take(packet: Buffer): void {
    if (this.#failure !== undefined) return;
    const body = new PacketReader(packet);
    const type = body.u8();
    const id = type === packets.version ? versionRequestId : body.u32();
    const pending = this.#pending.get(id);
    if (pending === undefined) throw new WireError("an answer to nothing that was asked");
    this.#pending.delete(id);
    try {
      pending.resolve(pending.read(type, body));
      this.#isGreeted = true;
    } catch (error) {
      const isNonsense = error instanceof WireError;
      pending.reject(isNonsense ? this.nonsense(error.message, error) : error);
      if (!isNonsense && !(error instanceof StatusError)) throw error;
    }
  }

  /** Looks now and again whether anything was heard, as long as something is waited for. */
  #watch(): void {
    if (this.#timer !== undefined) return;
    if (this.#pending.size === 0) this.#heardAt = performance.now();
    const { silence } = this.#options;
    const look = (): void => {
      this.#timer = undefined;
      if (this.#pending.size === 0) return;
      const left = this.#heardAt + silence - performance.now();
      if (left > 0) this.#timer = setTimeout(look, left + 1);
      else {
        const seconds = Math.round(silence / 1000);
        this.#lose(`the SFTP server has said nothing for ${seconds} seconds`);
      }
    };
    this.#timer = setTimeout(look, silence);
  }

  #lose(what: string, cause?: unknown): void {
    this.#end(lostConnection(this.#options.name, what, cause));
  }

  #end(failure: SyncError): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    clearTimeout(this.#timer);
    this.#transport.destroy();
    const waiting = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of waiting) reject(failure);
    this.#onEnd?.();
  }

  [Symbol.dispose](): void {
    this.#out.flush();
    this.#end(new SyncError("ENDPOINT_LOST", `${this.#options.name}: the connection was closed`));
  }
}

function readVersion(type: number, body: PacketReader): ReadonlyMap<ByteString, ByteString> {
  if (type !== packets.version) throw new WireError("it does not begin with a version");
  const version = body.u32();
  if (version !== sftpVersion) throw new WireError(`its version is not ${sftpVersion}`);
  const announced = new Map<ByteString, ByteString>();
  while (!body.isAtEnd) {
    announced.set(body.string(limits.text), body.string(limits.text));
    if (announced.size > limits.pairs) throw new WireError("it announces too many extensions");
  }
  return announced;
}
