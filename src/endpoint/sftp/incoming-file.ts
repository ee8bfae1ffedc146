import { SyncError } from "../../base/errors.ts";
import type { FileMeter } from "../../core/changed-file.ts";
import { attempts, mayBecome, meterOf } from "../../core/changed-file.ts";
import { sizeBytes } from "../../core/content-hash.ts";
import type { FileEntry } from "../../core/entry.ts";
import { withPowersOf } from "../../core/powers.ts";
import type { PackRecord } from "../../wire/pack.ts";
import { WireError } from "../../wire/wire-error.ts";
import type { ContentHasher } from "../../wire/content-hasher.ts";
import { EntryProblem } from "../endpoint.ts";
import type { Applier, Done } from "./applier.ts";
import { discard, doneWith } from "./applier.ts";
import type { ApplyTarget } from "./apply-target.ts";
import { isResumable } from "./part-name.ts";
import type { PutFile } from "../../core/put-action.ts";
import { finishFile, notAsAnnounced, writeAt } from "./put-file.ts";
import type { StagedPart } from "./resume.ts";
import { stageLarge } from "./resume.ts";

type Of<T extends PackRecord["type"]> = Extract<PackRecord, { type: T }>;

/** Pieces that are on their way, before the first of them is waited for. */
const piecesAtOnce = 32;

/** Content that was sent, and may not have arrived. */
interface Sent {
  readonly at: number;
  readonly data: Uint8Array;
  readonly written: Promise<unknown>;
}

/** A file that arrives in pieces. */
export class IncomingFile {
  readonly index: number;
  readonly #action: PutFile;
  readonly #target: ApplyTarget;
  readonly #hasher: ContentHasher;
  #ctx: Applier;
  /** What it shall be: as planned, or what it has become. */
  #entry: FileEntry;
  #position = 0;
  /** Up to where the file on the server goes, when all has arrived. */
  #end = 0;
  /** Bytes that were there when the last connection was lost. */
  #arrived = 0;
  #part: StagedPart | undefined;
  #sent: Sent[] = [];
  #restarts = 0;
  /** What passes by is counted, too. */
  readonly #meter: FileMeter;
  /** Once something is wrong, the rest passes by. */
  #trouble: Error | undefined;

  /** `hasher` is this file's alone until it has ended. */
  constructor(
    target: ApplyTarget,
    ctx: Applier,
    action: PutFile,
    { index, entry, hasher }: Of<"begin"> & { readonly hasher: ContentHasher },
  ) {
    this.index = index;
    this.#target = target;
    this.#ctx = ctx;
    this.#action = action;
    this.#entry = action.entry;
    this.#meter = meterOf(action.entry);
    this.#become(entry);
    this.#hasher = hasher;
    hasher.begin();
  }

  /** What a file has become meanwhile lends no power that nobody has planned, and has an end. */
  #become(now: FileEntry | undefined): void {
    const { entry: planned } = this.#action;
    const isFit = now === undefined || mayBecome(now, planned, this.#ctx.options);
    if (!isFit) this.#trouble ??= notAsAnnounced();
    else this.#entry = now === undefined ? planned : withPowersOf(now, planned);
  }

  /** Takes some content, or word that it starts anew. Resolves when there is room for more. */
  async take(record: Of<"data" | "hole" | "chunks" | "restart">): Promise<void> {
    const bytes = record.type === "data" ? record.data.length : 0;
    if (!this.#meter.count(bytes)) throw new WireError("the content of a file does not end");
    if (this.#trouble !== undefined) return;
    try {
      await this.#follow(record);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.#trouble = error;
      if (!this.#isGoneOnWith(error)) await this.drop().catch(ignoringLoss);
    }
  }

  async #follow(record: Of<"data" | "hole" | "chunks" | "restart">): Promise<void> {
    switch (record.type) {
      case "data":
        this.#hasher.update(record.data);
        return this.#add(record.data);
      case "hole":
        this.#hasher.update(sizeBytes(record.length));
        this.#advance(record.length);
        return;
      case "restart":
        if (++this.#restarts >= attempts) throw notAsAnnounced();
        this.#become(record.entry);
        this.#hasher.begin();
        this.#position = 0;
        return this.drop();
      case "chunks":
        throw notAsAnnounced();
    }
  }

  /** Returns where something begins. No more is taken than was announced, however much there is. */
  #advance(length: number): number {
    const at = this.#position;
    if (at + length > this.#entry.size) throw notAsAnnounced();
    this.#position += length;
    return at;
  }

  async #add(data: Uint8Array): Promise<void> {
    const at = this.#advance(data.length);
    this.#part ??= await stageLarge(this.#ctx, this.#action.path, this.#entry);
    checkTail(this.#part, data, at);
    try {
      await this.#send(this.#part, data, at);
    } catch (error) {
      await this.#goOn(error);
    }
  }

  /** Sends what is not there yet, and waits for some of what was sent before. */
  async #send({ staged, length }: StagedPart, data: Uint8Array, at: number): Promise<void> {
    const from = Math.max(at, Math.min(length, at + data.length));
    const rest = data.subarray(from - at);
    const writing = await writeAt(this.#ctx, staged, rest, from);
    const written = Promise.all(writing);
    written.catch(() => {});
    this.#sent.push({ at: from, data: rest, written });
    this.#end = Math.max(this.#end, length, at + data.length);
    this.#ctx.counts.bytes += rest.length;
    if (this.#sent.length < piecesAtOnce) return;
    await this.#sent[0]!.written;
    this.#sent.shift();
    this.#target.link.progress();
  }

  /** Goes on over another connection: what was sent over the one that was lost, and has not arrived, is sent once more. */
  async #goOn(error: unknown): Promise<void> {
    if (!isResumable(this.#entry)) throw error;
    await this.#target.link.recover(error);
    this.#ctx = await this.#target.applier();
    const sent = this.#sent;
    this.#sent = [];
    this.#part = await stageLarge(this.#ctx, this.#action.path, this.#entry);
    const { length } = this.#part;
    if (length < (sent[0]?.at ?? 0)) throw error;
    if (length > this.#arrived) this.#target.link.progress();
    this.#arrived = length;
    try {
      for (const { at, data } of sent) {
        checkTail(this.#part, data, at);
        await this.#send(this.#part, data, at);
      }
    } catch (again) {
      this.#sent = sent;
      await this.#goOn(again);
    }
  }

  /** Nothing more comes. The hasher may be used for another file from now on. */
  end({ size, digest }: Of<"end">): void {
    const isWhole = size === this.#position && size === this.#entry.size;
    if (isWhole && isSame(digest, this.#hasher.digest())) return;
    this.#trouble ??= notAsAnnounced();
  }

  /** Whether the file is on its way over that connection. */
  isOf({ session }: Applier): boolean {
    return this.#ctx.session === session;
  }

  /** Puts the file in its place, if it is what was announced. */
  async finish(): Promise<Done> {
    try {
      if (this.#trouble !== undefined) throw this.#trouble;
      this.#part ??= await stageLarge(this.#ctx, this.#action.path, this.#entry);
      await Promise.all(this.#sent.map(({ written }) => written));
      const { staged, length } = this.#part;
      const { size } = this.#entry;
      // What ends with a hole has been written up to there only.
      if (this.#end < size) await this.#ctx.session.client.fsetstat(staged.handle, { size });
      const problem = await finishFile(this.#ctx, this.#action, staged, this.#entry);
      return doneWith(size - length, problem);
    } catch (error) {
      if (!this.#isGoneOnWith(error)) await this.drop();
      throw error;
    }
  }

  /** Where the connection is lost, what is there stays, if it has a name by which it is found again. */
  #isGoneOnWith(error: unknown): boolean {
    return error instanceof SyncError && isResumable(this.#entry);
  }

  /** Nothing more comes: what is there stays, to be gone on with, if it has a name by which it is found again. */
  leave(): void {
    const staged = this.#part?.staged;
    if (staged === undefined) return;
    if (isResumable(this.#entry)) this.#ctx.session.client.close(staged.handle).catch(() => {});
    else void this.drop().catch(() => {});
  }

  /** There will be no content, or no more of it: nothing of the file stays. */
  async drop(): Promise<void> {
    const staged = this.#part?.staged;
    this.#part = undefined;
    this.#sent = [];
    this.#end = 0;
    if (staged === undefined) return;
    this.#ctx.session.client.close(staged.handle).catch(() => {});
    await discard(this.#ctx, staged.host);
  }
}

/** Who goes on hears of a lost connection soon enough. */
function ignoringLoss(error: unknown): void {
  if (!(error instanceof SyncError)) throw error;
}

/** Checks that what was left ends with what the source has there, as far as this piece says. */
function checkTail({ tail, length }: StagedPart, data: Uint8Array, at: number): void {
  const tailAt = length - tail.length;
  const from = Math.max(at, tailAt);
  const to = Math.min(at + data.length, length);
  if (from >= to) return;
  if (isSame(data.subarray(from - at, to - at), tail.subarray(from - tailAt, to - tailAt))) return;
  const message =
    "what an earlier run has left of it is something else and was removed; the next run will try again";
  throw new EntryProblem("target", "changed", message);
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
