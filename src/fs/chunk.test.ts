import { maxChunk } from "../core/chunk-list.ts";
import { closeSync, ftruncateSync, openSync, writeFileSync, writeSync } from "node:fs";
import { describe, expect, test } from "vitest";

import { newDirectory } from "../../test/model/disk.ts";
import { noise } from "../../test/support/noise.ts";
import { bytesOfText } from "../base/byte-string.ts";
import type { ChunkList } from "../core/chunk-list.ts";
import { sampleBytes } from "../core/chunk-sample.ts";
import type { Name } from "../core/path.ts";
import { minChunk, nextCut } from "./chunk-cut.ts";
import { chunkBufferBytes, chunkFile, fileChunks, sampleFile, zeroChunk } from "./chunk.ts";
import type { FileDriver, HostPath } from "./driver.ts";
import { gearWords } from "./gear.ts";
import type { HashContext } from "./hash.ts";
import type { HashBinding } from "./hasher.ts";
import { newHasher } from "./hasher.ts";
import { libcDriver } from "./libc-driver.ts";
import { portableDriver } from "./portable-driver.ts";

const MiB = 2 ** 20;

function sizesOf(content: Uint8Array): number[] {
  const sizes: number[] = [];
  for (let from = 0; from < content.length;) {
    const cut = nextCut(content, from, content.length);
    sizes.push(cut - from);
    from = cut;
  }
  return sizes;
}

describe("the cuts", () => {
  test("are those of the protocol, for ever", async () => {
    const hasher = await newHasher("blake3");
    hasher.begin();
    hasher.update(new Uint8Array(gearWords.buffer));
    const digest = Buffer.from(hasher.digest()).toString("hex");
    expect({ digest, first: gearWords[0], sizes: sizesOf(noise(MiB, 1)) }).toMatchInlineSnapshot(`
      {
        "digest": "dc3fee0cc123059243dd2416d16c22becc3fee64da75e740f25c4a003c51b661",
        "first": -1173780518,
        "sizes": [
          60182,
          47293,
          22544,
          62992,
          55697,
          35231,
          17958,
          57099,
          97971,
          79775,
          116990,
          140018,
          54785,
          92601,
          70087,
          37353,
        ],
      }
    `);
  });

  test.each([
    ["nothing", 0, []],
    ["one byte", 1, [1]],
    ["the least that is cut", minChunk, [minChunk]],
    ["a few bytes more", minChunk + 3, [minChunk + 3]],
    ["exactly the most", maxChunk, [maxChunk]],
    ["one byte more", maxChunk + 1, [maxChunk, 1]],
    ["twice the most and a bit", 2 * maxChunk + 9, [maxChunk, maxChunk, 9]],
  ])("of %s", (_what, length, sizes) => {
    // What is the same everywhere never cuts itself.
    for (const byte of [0, 1, 32, 255])
      expect(sizesOf(new Uint8Array(length).fill(byte))).toEqual(sizes);
  });

  test("lie between the bounds, most of them near the average", () => {
    const sizes = sizesOf(noise(32 * MiB, 7));
    const last = sizes.pop()!;
    expect(last).toBeLessThanOrEqual(maxChunk);
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(minChunk);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(maxChunk);
    const near = sizes.filter((size) => size > 32 * 1024 && size < 96 * 1024);
    expect(near.length / sizes.length).toBeGreaterThan(0.8);
    const mean = (32 * MiB) / sizes.length;
    expect(mean).toBeGreaterThan(54 * 1024);
    expect(mean).toBeLessThan(66 * 1024);
  });
});

interface Opened extends Disposable {
  readonly fd: ReturnType<FileDriver["openFile"]>;
}

function open(driver: FileDriver, dir: string, name: string): Opened {
  const root = driver.openRoot(bytesOfText(dir) as string as HostPath);
  const fd = driver.openFile(root, name as Name);
  return {
    fd,
    [Symbol.dispose]() {
      driver.close(fd);
      driver.close(root);
    },
  };
}

async function contextOf(driver: FileDriver, binding: HashBinding): Promise<HashContext> {
  return {
    driver,
    hasher: await newHasher("blake3", binding),
    buffer: Buffer.alloc(chunkBufferBytes),
    onBytes: () => {},
    goesOn: () => true,
  };
}

async function listOf(content: Uint8Array): Promise<ChunkList> {
  const hasher = await newHasher("blake3");
  const sizes = sizesOf(content);
  const digests: Uint8Array[] = [];
  let from = 0;
  for (const size of sizes) {
    hasher.begin();
    hasher.update(content.subarray(from, from + size));
    digests.push(hasher.digest().subarray(0, 16));
    from += size;
  }
  return { sizes: Uint32Array.from(sizes), digests: new Uint8Array(Buffer.concat(digests)) };
}

describe.each([libcDriver(), portableDriver()])("a file with the $name driver", (driver) => {
  test.each(["native", "wasm"] as const)("has the chunks of its content (%s)", async (binding) => {
    const ctx = await contextOf(driver, binding);
    using dir = newDirectory();
    for (const length of [0, 1, minChunk, maxChunk, MiB - 1, MiB, MiB + 1, 5 * MiB + 321]) {
      const content = noise(length, length);
      writeFileSync(`${dir.path}/f`, content);
      using file = open(driver, dir.path, "f");
      expect(chunkFile(ctx, file.fd, length)).toEqual(await listOf(content));
    }
  });

  test("is looked at up to the size that is asked for, and has to have as much", async () => {
    const ctx = await contextOf(driver, "native");
    using dir = newDirectory();
    const content = noise(2 * MiB, 3);
    writeFileSync(`${dir.path}/f`, content);
    using file = open(driver, dir.path, "f");
    expect(chunkFile(ctx, file.fd, MiB + 5)).toEqual(await listOf(content.subarray(0, MiB + 5)));
    expect(chunkFile(ctx, file.fd, 2 * MiB + 1)).toBeUndefined();
    expect(chunkFile(ctx, file.fd, 9 * MiB)).toBeUndefined();
  });

  test("is given up when told to", async () => {
    const ctx = await contextOf(driver, "native");
    using dir = newDirectory();
    writeFileSync(`${dir.path}/f`, noise(4 * MiB, 3));
    using file = open(driver, dir.path, "f");
    let read = 0;
    const stopping = {
      ...ctx,
      onBytes: (bytes: number) => void (read += bytes),
      goesOn: () => read === 0,
    };
    expect(chunkFile(stopping, file.fd, 4 * MiB)).toBeUndefined();
    expect(read).toBeLessThanOrEqual(chunkBufferBytes);
  });

  test("with holes has the chunks that zeros make, and holes are not read", async () => {
    const ctx = await contextOf(driver, "native");
    using dir = newDirectory();
    const content = new Uint8Array(24 * MiB + 777);
    const island = noise(300_000, 5);
    for (const at of [MiB + 4096, 17 * MiB]) content.set(island, at);
    const fd = openSync(`${dir.path}/f`, "w");
    ftruncateSync(fd, content.length);
    for (const at of [MiB + 4096, 17 * MiB]) writeSync(fd, island, 0, island.length, at);
    closeSync(fd);
    using file = open(driver, dir.path, "f");
    let read = 0;
    const counting = { ...ctx, onBytes: (bytes: number) => void (read += bytes) };
    expect(chunkFile(counting, file.fd, content.length)).toEqual(await listOf(content));
    if (driver.features.holes) expect(read).toBeLessThan(8 * MiB);
    const pieces = [...fileChunks(ctx, file.fd, content.length)].map((chunk) => ({
      isHole: chunk === zeroChunk,
      length: chunk.length,
    }));
    expect(pieces.some(({ isHole }) => isHole)).toBe(driver.features.holes);
    expect(pieces.reduce((sum, { length }) => sum + length, 0)).toBe(content.length);
  });

  test("is told by a sample, mostly of its own chunks, wherever else they stand", async () => {
    const ctx = await contextOf(driver, "native");
    using dir = newDirectory();
    const content = noise(40 * MiB, 9);
    const before = noise(12_345, 8);
    writeFileSync(`${dir.path}/f`, Buffer.concat([before, content, before]));
    using file = open(driver, dir.path, "f");
    let read = 0;
    const counting = { ...ctx, onBytes: (bytes: number) => void (read += bytes) };
    const size = content.length + 2 * before.length;
    const sample = sampleFile(counting, file.fd, size)!;
    expect(read).toBe(sampleBytes(size));
    const { digests } = await listOf(content);
    const known = new Set(textsOf(digests));
    const texts = textsOf(sample.digests);
    expect(sample.sizes.length).toBe(texts.length);
    expect(texts.length).toBeGreaterThan(40);
    expect(texts.filter((text) => known.has(text)).length).toBeGreaterThan(texts.length * 0.7);
  });

  test("has nothing in its sample that many files have, and all that it consists of if it is small", async () => {
    const ctx = await contextOf(driver, "native");
    using dir = newDirectory();
    writeFileSync(`${dir.path}/zeros`, new Uint8Array(20 * MiB));
    using zeros = open(driver, dir.path, "zeros");
    expect(sampleFile(ctx, zeros.fd, 20 * MiB)!.sizes.length).toBe(0);
    writeFileSync(`${dir.path}/small`, noise(300_000, 1));
    using small = open(driver, dir.path, "small");
    expect(sampleFile(ctx, small.fd, 300_000)).toEqual(await listOf(noise(300_000, 1)));
    expect(sampleFile(ctx, small.fd, 300_001)).toBeUndefined();
    expect(sampleFile({ ...ctx, goesOn: () => false }, small.fd, 300_000)).toBeUndefined();
  });
});

function textsOf(digests: Uint8Array): string[] {
  const text = Buffer.from(digests).toString("latin1");
  return text.match(/[^]{16}/g) ?? [];
}
