import type { FileEntry } from "../core/entry.ts";
import type { ProblemCode } from "../core/problem.ts";
import { problemCodes } from "./enums.ts";
import { writeEntry } from "./entry.ts";
import type { PackRecord } from "./pack.ts";
import { packHeaderBytes, recordTypes, usualPackBytes, writePackHeader } from "./pack.ts";
import { Writer } from "./writer.ts";

/** Hashes the records of a pack: `packDigestBytes` bytes. */
export type PackHash = (records: Uint8Array) => Uint8Array;

/** Compresses records; `undefined` where that does not pay. */
export type PackSqueeze = (records: Uint8Array) => Uint8Array | undefined;

const tag = (type: PackRecord["type"]): number => recordTypes.indexOf(type);
const WHOLE = tag("whole");
const DATA = tag("data");
/** Bytes before the content of a small file, and of a piece of a large one. */
const wholeBytes = 9;
const dataBytes = 5;

/** Fills one pack after the other. Content is read straight into its place: what is handed out is the pack's own memory. */
export class PackWriter {
  #pack = new Uint8Array(0);
  #view = new DataView(this.#pack.buffer);
  #used = 0;
  #first = 0;
  #end = 0;
  #continues = false;

  /** Begins a pack with room for so many bytes of records, or more. `next` is the number of the first file not yet begun. */
  begin(room: number, next: number, continues: boolean): void {
    this.#pack = new Uint8Array(packHeaderBytes + room);
    this.#view = new DataView(this.#pack.buffer);
    this.#used = packHeaderBytes;
    this.#first = next;
    this.#end = next;
    this.#continues = continues;
  }

  /** Bytes of records so far. */
  get length(): number {
    return this.#used - packHeaderBytes;
  }

  /** Bytes that there is room for in a pack of the usual size, for content in one piece. */
  get room(): number {
    return Math.max(0, usualPackBytes - this.length - wholeBytes);
  }

  /** Room for a small file of so many bytes, to be filled at once, or taken back with {@link PackWriter.rewind}. */
  whole(index: number, length: number): Uint8Array {
    const at = this.#advance(wholeBytes + length);
    this.#pack[at] = WHOLE;
    this.#view.setUint32(at + 1, index, true);
    this.#view.setUint32(at + 5, length, true);
    this.#end = index + 1;
    return this.#pack.subarray(at + wholeBytes, this.#used);
  }

  /** Room for a piece of the file in hand; {@link PackWriter.shorten} where less came. */
  data(length: number): Uint8Array {
    const at = this.#advance(dataBytes + length);
    this.#pack[at] = DATA;
    this.#view.setUint32(at + 1, length, true);
    return this.#pack.subarray(at + dataBytes, this.#used);
  }

  /** The piece last begun has only so many bytes, of those that it had room for. */
  shorten(room: number, length: number): void {
    this.#used -= room - length;
    this.#view.setUint32(this.#used - length - 4, length, true);
    if (length === 0) this.#used -= dataBytes;
  }

  begins(index: number, entry: FileEntry | undefined): void {
    const out = new Writer();
    out.u8(tag("begin")).u32(index);
    out.optional(entry, (it) => writeEntry(out, it));
    this.#append(out);
    this.#end = index + 1;
  }

  hole(length: number): void {
    this.#append(new Writer().u8(tag("hole")).varint(length));
  }

  chunks(first: number, count: number): void {
    this.#append(new Writer().u8(tag("chunks")).varint(first).varint(count));
  }

  ends(size: number, digest: Uint8Array): void {
    this.#append(new Writer().u8(tag("end")).varint(size).bytes(digest));
  }

  restart(entry: FileEntry | undefined): void {
    const out = new Writer().u8(tag("restart"));
    out.optional(entry, (it) => writeEntry(out, it));
    this.#append(out);
  }

  cut(): void {
    this.#append(new Writer().u8(tag("cut")));
  }

  problem(index: number, code: ProblemCode, message: string): void {
    const out = new Writer();
    out.u8(tag("problem")).u32(index).oneOf(problemCodes, code).text(message);
    this.#append(out);
    this.#end = Math.max(this.#end, index + 1);
  }

  /** Where the pack stands now, for {@link PackWriter.rewind}. */
  mark(): number {
    return this.#used;
  }

  /** Takes back what was written since the mark. */
  rewind(mark: number): void {
    this.#used = mark;
  }

  /** Closes the pack. Its memory is the caller's. */
  seal(isOpen: boolean, hash: PackHash, squeeze: PackSqueeze): Uint8Array {
    const records = this.#pack.subarray(packHeaderBytes, this.#used);
    const header = {
      continues: this.#continues,
      isOpen,
      length: records.length,
      first: this.#first,
      end: this.#end,
      digest: hash(records),
    };
    const squeezed = squeeze(records);
    if (squeezed === undefined) {
      const pack = this.#pack.subarray(0, this.#used);
      writePackHeader(pack, { ...header, codec: "none" });
      return pack;
    }
    const pack = new Uint8Array(packHeaderBytes + squeezed.length);
    pack.set(squeezed, packHeaderBytes);
    writePackHeader(pack, { ...header, codec: "zstd" });
    return pack;
  }

  #append(out: Writer): void {
    const bytes = out.take();
    // Making room may give the pack another memory.
    const at = this.#advance(bytes.length);
    this.#pack.set(bytes, at);
  }

  #advance(bytes: number): number {
    const at = this.#used;
    if (at + bytes > this.#pack.length) this.#grow(at + bytes);
    this.#used = at + bytes;
    return at;
  }

  #grow(needed: number): void {
    const grown = new Uint8Array(Math.max(needed, this.#pack.length + this.#pack.length / 4));
    grown.set(this.#pack.subarray(0, this.#used));
    this.#pack = grown;
    this.#view = new DataView(grown.buffer);
  }
}
