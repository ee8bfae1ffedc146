import type { SQLOutputValue } from "node:sqlite";

/** Bytes as they are stored, and how. */
export interface Packed {
  readonly encoding: "plain" | "zstd";
  readonly body: Uint8Array;
}

/** What is smaller takes one page anyway, and is not worth loading a compressor for. */
const worthPacking = 2048;

/** More than anything that was ever packed; a damaged database does not fill the memory. */
const mostUnpacked = 1024 ** 3;

export function pack(body: Uint8Array): Packed {
  if (body.length < worthPacking) return { encoding: "plain", body };
  return { encoding: "zstd", body: process.getBuiltinModule("node:zlib").zstdCompressSync(body) };
}

/** `undefined` where what was stored is damaged. */
export function unpack(
  encoding: SQLOutputValue | undefined,
  body: SQLOutputValue | undefined,
): Uint8Array | undefined {
  if (!(body instanceof Uint8Array)) return undefined;
  if (encoding === "plain") return body;
  if (encoding !== "zstd") return undefined;
  try {
    const zlib = process.getBuiltinModule("node:zlib");
    return zlib.zstdDecompressSync(body, { maxOutputLength: mostUnpacked });
  } catch {
    return undefined;
  }
}
