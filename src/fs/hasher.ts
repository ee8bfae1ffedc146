import type { Hash } from "node:crypto";
import { createRequire } from "node:module";
import type * as BlakeHash from "@napi-rs/blake-hash";

import type { HashAlgorithm } from "../core/content-hash.ts";
import { nativePart } from "./native-parts.ts";

/** Hashes one thing after another, in pieces. */
export interface Hasher {
  /** Begins anew, whatever came before. */
  begin(): void;
  update(bytes: Uint8Array): void;
  digest(): Uint8Array;
}

/** Where BLAKE3 comes from: the native binding, or WebAssembly, which is the same at a seventh of the speed. */
export type HashBinding = "native" | "wasm";

const load = createRequire(import.meta.url);
const hashers = new Map<string, Promise<Hasher>>();

/**
 * The hasher of this thread, loaded when it is first wanted. `force` is for BLAKE3: without it, WebAssembly serves where the
 * native binding cannot be loaded. INVARIANT: whoever has a hasher uses it up without waiting for anything, since it is
 * everybody's.
 */
export function openHasher(algorithm: HashAlgorithm, force?: HashBinding): Promise<Hasher> {
  const key = `${algorithm} ${force}`;
  const known = hashers.get(key);
  if (known !== undefined) return known;
  const opening = newHasher(algorithm, force);
  hashers.set(key, opening);
  return opening;
}

/** A hasher of the caller's own, which may wait between one piece and the next. */
export function newHasher(algorithm: HashAlgorithm, force?: HashBinding): Promise<Hasher> {
  return algorithm === "blake3" ? openBlake3(force) : openBuiltIn(algorithm);
}

async function openBlake3(force: HashBinding | undefined): Promise<Hasher> {
  if (force === "wasm") return openWasm();
  try {
    return openNative();
  } catch (error) {
    if (force === "native") throw error;
    return openWasm();
  }
}

function openNative(): Hasher {
  const { Blake3Hasher } = loadNative();
  const hasher = new Blake3Hasher();
  return {
    begin: () => hasher.reset(),
    update: (bytes) => void hasher.update(asBuffer(bytes)),
    digest: () => hasher.digestBuffer(),
  };
}

/**
 * The binary for this platform is asked for first: the package's own search writes a whole diagnostic report to find out
 * which C library there is. It serves where the guess is wrong, or where an installer has put the binary out of sight.
 */
function loadNative(): typeof BlakeHash {
  const part = nativePart("blake");
  if (part !== undefined) return load(part) as typeof BlakeHash;
  try {
    const { platform, arch } = process;
    return load(`@napi-rs/blake-hash-${platform}-${arch}-gnu`) as typeof BlakeHash;
  } catch {
    return load("@napi-rs/blake-hash") as typeof BlakeHash;
  }
}

async function openWasm(): Promise<Hasher> {
  const { createBLAKE3 } = await import("hash-wasm");
  const hasher = await createBLAKE3();
  return {
    begin: () => void hasher.init(),
    update: (bytes) => void hasher.update(bytes),
    digest: () => hasher.digest("binary"),
  };
}

async function openBuiltIn(algorithm: Exclude<HashAlgorithm, "blake3">): Promise<Hasher> {
  const { createHash } = process.getBuiltinModule("node:crypto");
  let hash: Hash = createHash(algorithm);
  return {
    begin: () => {
      hash = createHash(algorithm);
    },
    update: (bytes) => void hash.update(bytes),
    digest: () => hash.digest(),
  };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
