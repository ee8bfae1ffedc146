import { createRequire } from "node:module";
import type * as Zlib from "node:zlib";

/** Ways to compress, by name. `zstd` is there from Node 22.15 on, `deflate` everywhere. */
export type Codec = "none" | "zstd" | "deflate";

/** What may be looked back at is up to 8 MiB: more than any level used here does, and less than the 128 that a peer could ask for. */
const windowLog = 23;

const load = createRequire(import.meta.url);
let loaded: typeof Zlib | undefined;

/** Loaded when it is first wanted: most runs compress nothing. */
function zlib(): typeof Zlib {
  return (loaded ??= load("node:zlib") as typeof Zlib);
}

/** Codecs of this Node, the best first. */
export function codecsHere(): readonly Codec[] {
  // COMPAT: before 22.15 there is no zstd.
  const hasZstd = typeof (zlib() as Partial<typeof Zlib>).zstdCompressSync === "function";
  return hasZstd ? ["zstd", "deflate", "none"] : ["deflate", "none"];
}

/** Compresses. The level of zstd may be negative: faster, and less. */
export function compress(bytes: Uint8Array, codec: Codec, level: number): Uint8Array {
  switch (codec) {
    case "none":
      return bytes;
    case "deflate":
      return zlib().deflateRawSync(bytes, {
        chunkSize: roomFor(bytes.length),
        level: Math.min(Math.max(level, 1), 9),
      });
    case "zstd": {
      const { ZSTD_c_compressionLevel, ZSTD_c_contentSizeFlag } = zlib().constants;
      const params = { [ZSTD_c_compressionLevel]: level, [ZSTD_c_contentSizeFlag]: 0 };
      return zlib().zstdCompressSync(bytes, { chunkSize: roomFor(bytes.length), params });
    }
  }
}

/** Room for all of the output, so that it comes in one piece: putting pieces together takes longer than compressing them. */
function roomFor(bytes: number): number {
  return bytes + 1024;
}

/**
 * The `length` bytes that were compressed. Throws where they are not exactly as many, however many there would be: no more
 * memory is taken than was announced.
 */
export function decompress(bytes: Uint8Array, codec: Codec, length: number): Uint8Array {
  const out = inflate(bytes, codec, Math.max(length, 1));
  if (out.length !== length) throw new RangeError("what was compressed has another length");
  return out;
}

function inflate(bytes: Uint8Array, codec: Codec, maxOutputLength: number): Uint8Array {
  const options = { chunkSize: roomFor(maxOutputLength), maxOutputLength };
  switch (codec) {
    case "none":
      return bytes;
    case "deflate":
      return zlib().inflateRawSync(bytes, options);
    case "zstd": {
      const params = { [zlib().constants.ZSTD_d_windowLogMax]: windowLog };
      return zlib().zstdDecompressSync(bytes, { ...options, params });
    }
  }
}
