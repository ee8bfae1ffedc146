import { accessSync, constants, existsSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { run } from "./process.ts";

const MEMORY = "/dev/shm";
const SETTLING_MS = 100;

/** A fresh directory for everything that a benchmark writes. Disposing deletes it. */
export interface Workspace extends AsyncDisposable {
  readonly dir: string;
  /** Deletes what is there, and returns when the file system has done with it and with what was written before. */
  readonly clear: (...names: readonly string[]) => Promise<void>;
}

export async function openWorkspace(base: string = fastestPlace()): Promise<Workspace> {
  const dir = await mkdtemp(path.join(path.resolve(base), "syncline-bench-"));
  return {
    dir,
    clear: async (...paths) => {
      await remove(paths);
      await run(["sync", "-f", dir], { env: process.env });
      // The kernel frees inodes in the background.
      await sleep(SETTLING_MS);
    },
    [Symbol.asyncDispose]: () => remove([dir]),
  };
}

// By a program, because deleting a million entries on this thread would deafen it to Ctrl-C.
async function remove(paths: readonly string[]): Promise<void> {
  await run(["rm", "-rf", "--", ...paths], { env: process.env });
}

function fastestPlace(): string {
  if (!existsSync(MEMORY)) return tmpdir();
  try {
    accessSync(MEMORY, constants.W_OK);
    return MEMORY;
  } catch {
    return tmpdir();
  }
}
