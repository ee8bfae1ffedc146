import { execFileSync } from "node:child_process";
import { closeSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";

import { newDirectory } from "../../test/model/disk.ts";
import { bytesOfText } from "../base/byte-string.ts";
import type { HashAlgorithm, HashExtent } from "../core/content-hash.ts";
import { quickRanges } from "../core/content-hash.ts";
import type { Name } from "../core/path.ts";
import type { HostPath } from "./driver.ts";
import { hashFile } from "./hash.ts";
import type { HashBinding } from "./hasher.ts";
import { openHasher } from "./hasher.ts";
import { portableDriver } from "./portable-driver.ts";

const bindings: readonly HashBinding[] = ["native", "wasm"];

function hex(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : Buffer.from(bytes).toString("hex");
}

/** The digest of content in a file, read in pieces of a few bytes. */
async function digestOf(
  content: Uint8Array,
  algorithm: HashAlgorithm,
  extent: HashExtent,
  { binding, size = content.length, piece = 1000 }: Options = {},
): Promise<string | undefined> {
  using dir = newDirectory();
  writeFileSync(`${dir.path}/f`, content);
  const driver = portableDriver();
  const root = driver.openRoot(bytesOfText(dir.path) as string as HostPath);
  const fd = driver.openFile(root, "f" as Name);
  const hasher = await openHasher(algorithm, binding);
  try {
    const ctx = { driver, hasher, onBytes: () => {}, goesOn: () => true };
    return hex(hashFile({ ...ctx, buffer: Buffer.alloc(piece) }, fd, size, extent));
  } finally {
    closeSync(fd);
    closeSync(root);
  }
}

interface Options {
  readonly binding?: HashBinding;
  readonly size?: number;
  readonly piece?: number;
}

/** Content of the BLAKE3 team's test vectors: bytes 0 to 250, again and again. */
function vector(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i % 251);
}

// https://github.com/BLAKE3-team/BLAKE3/blob/master/test_vectors/test_vectors.json
test.each([
  [0, "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"],
  [1, "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213"],
  [1024, "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7"],
  [1025, "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444"],
])("BLAKE3 of %i bytes is what its authors say", async (length, expected) => {
  for (const binding of bindings)
    expect(await digestOf(vector(length), "blake3", "full", { binding })).toBe(expected);
});

test.each([
  ["sha256", "sha256sum"],
  ["sha1", "sha1sum"],
  ["md5", "md5sum"],
] as const)("%s is what %s says", async (algorithm, tool) => {
  for (const length of [0, 1, 5000, 100_000]) {
    const content = vector(length);
    const said = execFileSync(tool, { input: content, encoding: "utf8" }).split(" ")[0];
    expect(await digestOf(content, algorithm, "full")).toBe(said);
  }
});

test("the native binding and WebAssembly say the same, whatever the pieces", async () => {
  const length = fc.oneof(fc.nat(3000), fc.integer({ min: 49_000, max: 120_000 }));
  const extent = fc.constantFrom<HashExtent>("quick", "full");
  await fc.assert(
    fc.asyncProperty(length, extent, fc.integer({ min: 700, max: 70_000 }), async (...given) => {
      const [bytes, extent, piece] = given;
      const content = vector(bytes);
      const [native, wasm] = await Promise.all(
        bindings.map((binding) => digestOf(content, "blake3", extent, { binding, piece })),
      );
      expect(native).toBe(wasm);
    }),
    { numRuns: 40 },
  );
});

test("a quick hash is of three samples and the size, or of everything where that is less", async () => {
  expect(quickRanges(49_152)).toBeUndefined();
  const content = vector(100_001);
  const samples = quickRanges(content.length)!.map(({ from, length }) =>
    content.subarray(from, from + length),
  );
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(content.length));
  const sample = Buffer.concat([...samples, size]);
  expect(sample.length).toBe(3 * 16_384 + 8);
  expect(await digestOf(content, "sha256", "quick")).toBe(await digestOf(sample, "sha256", "full"));
});

test("a file that is shorter than announced has no hash", async () => {
  for (const extent of ["quick", "full"] as const)
    expect(await digestOf(vector(100), "blake3", extent, { size: 60_000 })).toBeUndefined();
});

test("a hasher begins anew after a file that was given up", async () => {
  for (const binding of bindings) {
    const hasher = await openHasher("blake3", binding);
    hasher.begin();
    hasher.update(vector(10));
    hasher.begin();
    expect(hex(hasher.digest())).toMatch(/^af1349b9/);
    hasher.begin();
    expect(hex(hasher.digest())).toMatch(/^af1349b9/);
  }
});
