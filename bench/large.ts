import { createCipheriv } from "node:crypto";
import { mkdir, open, type FileHandle } from "node:fs/promises";
import path from "node:path";

import { OLDEST } from "./project.ts";
import type { Random } from "./random.ts";

const NAME = "disk.img";
const BLOCK = 8 * 1024 * 1024;
const EDITS = 5;
const MOST_EDITED = 4096;
const INSERTED = 1000;

/** Writes a directory with one large file in it, of which no two pieces are alike. */
export async function plantLarge(dir: string, bytes: number, signal: AbortSignal): Promise<void> {
  await mkdir(dir);
  // The stream of a cipher: as good as noise, the same everywhere, and made faster than it is written.
  const cipher = createCipheriv("aes-128-ctr", Buffer.alloc(16), Buffer.alloc(16));
  const zeros = Buffer.alloc(BLOCK);
  await using file = await open(path.join(dir, NAME), "wx");
  for (let left = bytes; left > 0; left -= BLOCK) {
    signal.throwIfAborted();
    await file.write(cipher.update(zeros.subarray(0, Math.min(left, BLOCK))));
  }
  await file.utimes(OLDEST, OLDEST);
}

/** Writes something else in a few places, and inserts something in one, so that everything behind it moves. */
export async function editLarge(dir: string, random: Random, time: number): Promise<void> {
  await using file = await open(path.join(dir, NAME), "r+");
  const { size } = await file.stat();
  for (let edit = 0; edit < EDITS; edit++) {
    await file.write(noise(1 + random.below(MOST_EDITED), random), {
      position: random.below(size - MOST_EDITED),
    });
  }
  await insert(file, size, random.below(size), noise(INSERTED, random));
  await file.utimes(time, time);
}

async function insert(file: FileHandle, size: number, at: number, inserted: Buffer): Promise<void> {
  const block = Buffer.alloc(BLOCK);
  // From the end, so that nothing is written over before it has been read.
  for (let end = size; end > at;) {
    const start = Math.max(at, end - BLOCK);
    const { bytesRead } = await file.read(block, 0, end - start, start);
    await file.write(block, 0, bytesRead, start + inserted.length);
    end = start;
  }
  await file.write(inserted, 0, inserted.length, at);
}

function noise(bytes: number, random: Random): Buffer {
  return Buffer.from(Array.from({ length: bytes }, () => random.below(256)));
}
