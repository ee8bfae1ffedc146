import type { FileEntry } from "../core/entry.ts";
import { readEntry } from "./entry.ts";
import { problemCodes } from "./enums.ts";
import type { PackHeader, PackRecord } from "./pack.ts";
import { recordTypes } from "./pack.ts";
import { Reader } from "./reader.ts";
import { WireError } from "./wire-error.ts";

/** Bytes of a sentence about a problem. */
const sentenceBytes = 1024;
const digestBytes = 32;

/**
 * Reads the records of a pack, decompressed. Throws `WireError` for whatever cannot follow what came before: files out of
 * order, content of no file, a file that does not end where the header says that all do.
 */
export class PackReader {
  readonly #from: Reader;
  readonly #header: PackHeader;
  #next: number;
  #inFile: boolean;
  #current: number;

  constructor(records: Uint8Array, header: PackHeader) {
    if (records.length !== header.length) throw new WireError("a pack has another length");
    this.#from = new Reader(records);
    this.#header = header;
    this.#next = header.first;
    this.#inFile = header.continues;
    // A file that an earlier pack has begun is the one before those of this pack.
    this.#current = header.first - 1;
    if (this.#inFile && header.first === 0) throw new WireError("a pack continues no file");
  }

  /** The next record, its content in the pack's own memory; `undefined` at the end. */
  next(): PackRecord | undefined {
    if (this.#from.remaining === 0) {
      if (this.#inFile !== this.#header.isOpen || this.#next !== this.#header.end)
        throw new WireError("a pack ends where it should not");
      return undefined;
    }
    const type = this.#from.oneOf(recordTypes);
    switch (type) {
      case "whole":
        return { type, index: this.#takeIndex(), data: this.#piece() };
      case "begin": {
        const index = this.#takeIndex();
        this.#inFile = true;
        return { type, index, entry: this.#entry() };
      }
      case "problem":
        return this.#problem();
      default:
        if (!this.#inFile) throw new WireError("content of no file");
        return this.#inside(type);
    }
  }

  #inside(type: "data" | "hole" | "chunks" | "end" | "restart" | "cut"): PackRecord {
    const from = this.#from;
    switch (type) {
      case "data": {
        const data = this.#piece();
        return { type, data: data.length > 0 ? data : nothingIn(type) };
      }
      case "hole":
        return { type, length: from.varint() || nothingIn(type) };
      case "chunks": {
        const first = from.varint(0xffff_ffff);
        return { type, first, count: from.varint(0xffff_ffff) || nothingIn(type) };
      }
      case "end": {
        const record = { type, size: from.varint(), digest: from.bytes(digestBytes) } as const;
        if (record.digest.length !== digestBytes) throw new WireError("a digest is too short");
        this.#inFile = false;
        return record;
      }
      case "restart":
        return { type, entry: this.#entry() };
      case "cut":
        this.#inFile = false;
        return { type };
    }
  }

  #problem(): PackRecord {
    const index = this.#from.u32();
    const isCurrent = this.#inFile && index === this.#current;
    if (isCurrent) this.#inFile = false;
    else this.#take(index);
    const code = this.#from.oneOf(problemCodes);
    return { type: "problem", index, code, message: this.#from.text(sentenceBytes) };
  }

  #takeIndex(): number {
    const index = this.#from.u32();
    this.#take(index);
    return index;
  }

  #take(index: number): void {
    if (this.#inFile || index !== this.#next || index >= this.#header.end)
      throw new WireError("a file comes out of turn");
    this.#next++;
    this.#current = index;
  }

  #piece(): Uint8Array {
    const length = this.#from.u32();
    return this.#from.raw(length);
  }

  #entry(): FileEntry | undefined {
    const entry = this.#from.optional(() => readEntry(this.#from));
    if (entry === undefined || entry.kind === "file") return entry;
    throw new WireError("a file is none");
  }
}

/** Whoever sent nothing at all, over and over, could do so for ever. */
function nothingIn(type: PackRecord["type"]): never {
  throw new WireError(`a record of type ${type} holds nothing`);
}
