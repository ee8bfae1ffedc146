import type { FileEntry } from "../core/entry.ts";
import type { ProblemCode } from "../core/problem.ts";

/**
 * Content on its way. A pack is a header and a body; the body, once it is decompressed, is a sequence of records. All numbers
 * are little-endian. Files have the numbers that they have in the list of those that were asked for, and come in that order.
 */

/** How a body is compressed. */
export type PackCodec = "none" | "zstd";
export const packCodecs: readonly PackCodec[] = ["none", "zstd"];

export const packHeaderBytes = 32;
/** Bytes of records in a pack: what a writer aims at, and what a reader takes at most. */
export const usualPackBytes: number = 1 << 20;
export const mostPackBytes: number = 4 << 20;
/** Bytes of the digest that each pack has of its records: the first half of their BLAKE3. */
export const packDigestBytes = 16;

export interface PackHeader {
  readonly codec: PackCodec;
  /** The pack begins inside a file that an earlier pack has begun. */
  readonly continues: boolean;
  /** The pack ends inside a file. */
  readonly isOpen: boolean;
  /** Bytes of records. */
  readonly length: number;
  /** Numbers of the files that begin, or fail, in this pack: `first` to just before `end`. */
  readonly first: number;
  readonly end: number;
  readonly digest: Uint8Array;
}

/** What a pack tells of the file in hand, or of the next one. */
export type PackRecord =
  /** A small file, as it was scanned. */
  | { readonly type: "whole"; readonly index: number; readonly data: Uint8Array }
  /** A file begins; `entry` where it is not what it was when it was scanned. */
  | { readonly type: "begin"; readonly index: number; readonly entry: FileEntry | undefined }
  | { readonly type: "data"; readonly data: Uint8Array }
  /** Nothing but zeros, which the file has no blocks for. */
  | { readonly type: "hole"; readonly length: number }
  /** Chunks of the basis, one after the other. */
  | { readonly type: "chunks"; readonly first: number; readonly count: number }
  /** The file is complete. `digest` is the BLAKE3 of all of it. */
  | { readonly type: "end"; readonly size: number; readonly digest: Uint8Array }
  /** What came of the file in hand is void: it changed meanwhile, and is begun anew, with another entry perhaps. */
  | { readonly type: "restart"; readonly entry: FileEntry | undefined }
  /** The way that packs came has ended: no more comes of the file in hand unless it is asked for again. */
  | { readonly type: "cut" }
  /** There will be no content, or no more of it. */
  | {
      readonly type: "problem";
      readonly index: number;
      readonly code: ProblemCode;
      readonly message: string;
    };

/** Types as they are stored. Part of the protocol. */
export const recordTypes: readonly PackRecord["type"][] = [
  "whole",
  "begin",
  "data",
  "hole",
  "chunks",
  "end",
  "restart",
  "problem",
  "cut",
];

/** Writes a header into the first bytes of a pack. */
export function writePackHeader(pack: Uint8Array, header: PackHeader): void {
  const view = new DataView(pack.buffer, pack.byteOffset, packHeaderBytes);
  view.setUint8(0, packCodecs.indexOf(header.codec));
  view.setUint8(1, (header.continues ? 1 : 0) | (header.isOpen ? 2 : 0));
  view.setUint16(2, 0, true);
  view.setUint32(4, header.length, true);
  view.setUint32(8, header.first, true);
  view.setUint32(12, header.end, true);
  pack.set(header.digest, 16);
}

/** Reads and checks a header; `undefined` where it is none. */
export function readPackHeader(pack: Uint8Array): PackHeader | undefined {
  if (pack.length < packHeaderBytes) return undefined;
  const view = new DataView(pack.buffer, pack.byteOffset, packHeaderBytes);
  const codec = packCodecs[view.getUint8(0)];
  const flags = view.getUint8(1);
  const [length, first, end] = [4, 8, 12].map((at) => view.getUint32(at, true)) as [
    number,
    number,
    number,
  ];
  const isSound = flags < 4 && view.getUint16(2, true) === 0 && first <= end;
  // Each pack says something, or there might be packs without end.
  const isFit = length > 0 && length <= mostPackBytes;
  if (codec === undefined || !isSound || !isFit) return undefined;
  if (codec === "none" && pack.length !== packHeaderBytes + length) return undefined;
  return {
    codec,
    continues: (flags & 1) !== 0,
    isOpen: (flags & 2) !== 0,
    length,
    first,
    end,
    digest: pack.subarray(16, packHeaderBytes),
  };
}
