import type { FileEntry } from "../../core/entry.ts";
import { sizeBytes } from "../../core/content-hash.ts";
import type { ContentHasher } from "../../wire/pack-reads.ts";
import type { PackRecord } from "../../wire/pack.ts";
import { EntryProblem } from "../endpoint.ts";
import type { Applier, Done } from "./applier.ts";
import { discard, doneWith } from "./applier.ts";
import type { Handle } from "./packet-writer.ts";
import type { PutFile } from "./put-file.ts";
import { finishFile, notAsAnnounced, writeAt } from "./put-file.ts";
import type { StagedPart } from "./resume.ts";
import { stageLarge } from "./resume.ts";

type Of<T extends PackRecord["type"]> = Extract<PackRecord, { type: T }>;

/** Writes whose answers are waited for together. */
const writesAtOnce = 64;

/** A file that arrives in pieces. */
export class IncomingFile {
  readonly index: number;
  readonly #action: PutFile;
  readonly #ctx: Applier;
  readonly #hasher: ContentHasher;
  /** What it shall be: as planned, or what it has become. */
  #entry: FileEntry;
  #position = 0;
  /** Up to where the file on the server goes. */
  #end = 0;
  #part: StagedPart | undefined;
  #writing: Promise<void>[] = [];
  /** Once something is wrong, the rest passes by. */
  #trouble: Error | undefined;

  /** `hasher` is this file's alone until it has ended. */
  constructor(ctx: Applier, action: PutFile, { index, entry }: Of<"begin">, hasher: ContentHasher) {
    this.index = index;
    this.#ctx = ctx;
    this.#action = action;
    this.#entry = entry ?? action.entry;
    this.#hasher = hasher;
    hasher.begin();
  }

  /** Takes some content, or word that it starts anew. Resolves when there is room for more. */
  async take(record: Of<"data" | "hole" | "chunks" | "restart">): Promise<void> {
    if (this.#trouble !== undefined) return;
    try {
      await this.#follow(record);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.#trouble = error;
      await this.#drop();
    }
  }

  async #follow(record: Of<"data" | "hole" | "chunks" | "restart">): Promise<void> {
    switch (record.type) {
      case "data":
        this.#hasher.update(record.data);
        return this.#write(record.data);
      case "hole":
        this.#hasher.update(sizeBytes(record.length));
        return this.#advance(record.length);
      case "restart":
        this.#entry = record.entry ?? this.#action.entry;
        this.#hasher.begin();
        this.#position = 0;
        return this.#drop();
      case "chunks":
        throw notAsAnnounced();
    }
  }

  /** No more is taken than was announced, however much there is. */
  #advance(length: number): void {
    if (this.#position + length > this.#entry.size) throw notAsAnnounced();
    this.#position += length;
  }

  async #write(data: Uint8Array): Promise<void> {
    const at = this.#position;
    this.#advance(data.length);
    this.#part ??= await stageLarge(this.#ctx, this.#action.path, this.#entry);
    const { staged, length } = this.#part;
    if (!hasSameTail(this.#part, data, at)) {
      const message =
        "what an earlier run has left of it is something else and was removed; the next run will try again";
      throw new EntryProblem("target", "changed", message);
    }
    const known = Math.max(0, Math.min(length - at, data.length));
    const rest = data.subarray(known);
    this.#writing.push(...(await writeAt(this.#ctx, staged, rest, at + known)));
    this.#ctx.counts.bytes += rest.length;
    this.#end = Math.max(length, at + data.length);
    if (this.#writing.length < writesAtOnce) return;
    const some = this.#writing.splice(0, writesAtOnce / 2);
    await Promise.all(some);
  }

  /** Nothing more comes. The hasher may be used for another file from now on. */
  end({ size, digest }: Of<"end">): void {
    const isWhole = size === this.#position && size === this.#entry.size;
    if (isWhole && isSame(digest, this.#hasher.digest())) return;
    this.#trouble ??= notAsAnnounced();
  }

  /** Puts the file in its place, if it is what was announced. */
  async finish(): Promise<Done> {
    try {
      if (this.#trouble !== undefined) throw this.#trouble;
      this.#part ??= await stageLarge(this.#ctx, this.#action.path, this.#entry);
      await Promise.all(this.#writing);
      const { staged, length: resumed } = this.#part;
      await this.#extend(staged.handle);
      const problem = await finishFile(this.#ctx, this.#action, staged, this.#entry);
      return doneWith(this.#entry.size - resumed, problem);
    } catch (error) {
      await this.#drop();
      throw error;
    }
  }

  /** What ends with a hole has been written up to there only. */
  async #extend(handle: Handle): Promise<void> {
    const { client } = this.#ctx.session;
    const { size } = this.#entry;
    if (this.#end < size) await client.fsetstat(handle, { size });
  }

  /** The connection to the source is lost: what is there stays, for the next run to go on with. */
  leave(): void {
    const staged = this.#part?.staged;
    if (staged !== undefined) this.#ctx.session.client.close(staged.handle).catch(() => {});
  }

  /** The source has said that there will be no (more) content. Throws what is wrong with the file. */
  async refuse({ code, message }: Of<"problem">): Promise<never> {
    await this.#drop();
    throw this.#trouble ?? new EntryProblem("source", code, message);
  }

  async #drop(): Promise<void> {
    const staged = this.#part?.staged;
    this.#part = undefined;
    this.#writing = [];
    this.#end = 0;
    if (staged === undefined) return;
    this.#ctx.session.client.close(staged.handle).catch(() => {});
    await discard(this.#ctx, staged.host);
  }
}

/** Whether what was left ends with what the source has there, as far as this piece says. */
function hasSameTail({ tail, length }: StagedPart, data: Uint8Array, at: number): boolean {
  const tailAt = length - tail.length;
  const from = Math.max(at, tailAt);
  const to = Math.min(at + data.length, length);
  if (from >= to) return true;
  return isSame(data.subarray(from - at, to - at), tail.subarray(from - tailAt, to - tailAt));
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
