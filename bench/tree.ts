import { once } from "node:events";
import { mkdir, statfs, utimes } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";

import { divide, OLDEST, type Project } from "./project.ts";
import type { WorkerInput } from "./tree-worker.ts";

/** A tree of source trees, described by its numbers. */
export interface Forest {
  readonly projects: number;
  /** How many, the root among them. */
  readonly directories: number;
  readonly files: number;
  readonly links: number;
  readonly bytes: number;
  /** Share of the files that hold nothing. */
  readonly empty: number;
}

/** 84 000 entries, much like the Linux sources. */
export const SOURCES: Forest = {
  projects: 20,
  directories: 5_000,
  files: 78_920,
  links: 80,
  bytes: 1_300_000_000,
  empty: 0.005,
};

/** A tenth of it. */
export const FEWER_SOURCES: Forest = {
  projects: 4,
  directories: 480,
  files: 7_512,
  links: 8,
  bytes: 124_000_000,
  empty: 0.005,
};

/** Most are empty, because every other one costs a page of memory, in the source and again in the target. */
export const MILLION: Forest = {
  projects: 50,
  directories: 40_001,
  files: 1_000_000,
  links: 0,
  bytes: 60_000_000,
  empty: 0.9,
};

export const TEN: Forest = {
  projects: 1,
  directories: 3,
  files: 10,
  links: 0,
  bytes: 100_000,
  empty: 0,
};

/** As many as people have who find that small files take long. */
export const SMALL: Forest = {
  projects: 4,
  directories: 800,
  files: 10_000,
  links: 0,
  bytes: 25_000_000,
  empty: 0.005,
};

/** An eighth of the sources, without what SFTP clients skip. */
export const PORTABLE: Forest = {
  projects: 4,
  directories: 640,
  files: 10_000,
  links: 0,
  bytes: 165_000_000,
  empty: 0.005,
};

/** A gibibyte in one file. */
export const LARGE: Forest = {
  projects: 1,
  directories: 1,
  files: 1,
  links: 0,
  bytes: 1024 ** 3,
  empty: 0,
};

/** The same with a tenth of everything, for `--quick`. */
export function tenthOf(forest: Forest): Forest {
  const { directories, files, links, bytes } = forest;
  const tenth = (count: number): number => Math.ceil(count / 10);
  return {
    ...forest,
    directories: tenth(directories),
    files: tenth(files),
    links: tenth(links),
    bytes: tenth(bytes),
  };
}

/** Why a directory's file system cannot take a forest and a number of copies of it, or nothing if it can. */
export async function missingRoom(
  dir: string,
  forest: Forest,
  copies: number,
): Promise<string | undefined> {
  const { bavail, bsize, files, ffree } = await statfs(dir);
  const inodes = (forest.files + forest.directories + forest.links) * (copies + 1);
  // Some file systems make inodes as they need them, and say that they have none.
  if (files > 0 && ffree < inodes) return `${dir} has ${ffree} inodes left; ${inodes} are needed`;
  const padding = forest.files * (1 - forest.empty) * (bsize / 2);
  const bytes = Math.ceil((forest.bytes + padding) * (copies + 1));
  if (bavail * bsize < bytes) return `${dir} has too little space; ${bytes} bytes are needed`;
  return undefined;
}

/** Writes a forest into a new directory. */
export async function plantForest(
  root: string,
  forest: Forest,
  signal: AbortSignal,
): Promise<void> {
  await mkdir(root);
  const projects = divideForest(forest);
  const workers = Math.min(availableParallelism(), projects.length);
  await Promise.all(
    Array.from({ length: workers }, (_, worker) =>
      plant({ root, projects: projects.filter((_, index) => index % workers === worker) }, signal),
    ),
  );
  await utimes(root, OLDEST, OLDEST);
}

function divideForest(forest: Forest): Project[] {
  const equal = Array.from({ length: forest.projects }, () => 1);
  const directories = divide(forest.directories - 1, equal);
  const files = divide(forest.files, equal);
  const links = divide(forest.links, equal);
  const bytes = divide(forest.bytes, equal);
  return equal.map((_, index) => ({
    name: `project-${index + 1}`,
    seed: 1_000 * (index + 1),
    directories: directories[index] ?? 0,
    files: files[index] ?? 0,
    links: links[index] ?? 0,
    bytes: bytes[index] ?? 0,
    empty: forest.empty,
  }));
}

async function plant(input: WorkerInput, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const worker = new Worker(new URL("./tree-worker.ts", import.meta.url), { workerData: input });
  try {
    await once(worker, "exit", { signal });
  } finally {
    // Before anybody deletes what it would go on to write.
    await worker.terminate();
  }
}
