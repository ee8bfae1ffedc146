/**
 * `local` is the driver for this machine's files. It does its work in threads, synchronously, through the `fs` room, and
 * knows nothing of plans beyond carrying out one action after another.
 */
import os from "node:os";

import { chooseDriver } from "../../fs/choose-driver.ts";
import type { FileDriver } from "../../fs/driver.ts";
import type { HashBinding } from "../../fs/hasher.ts";
import type { NativeParts } from "../../fs/native-parts.ts";
import { useNativeParts } from "../../fs/native-parts.ts";
import type { Self } from "./applier.ts";
import type { WorkerPool } from "./worker-pool.ts";
import { newWorkerPool } from "./worker-pool.ts";

/** A program that has come alone, as one file, and not as part of a package. */
export interface Carried {
  /** The file, as a path. Started as a thread, it does the work of one. */
  readonly program: string;
  readonly natives: NativeParts;
}

/** What is taken out of our own hands: `undefined` means the best there is. */
export interface LocalChoices {
  readonly force: "libc" | "portable" | undefined;
  readonly binding: HashBinding | undefined;
  readonly carried: Carried | undefined;
}

/** What all local endpoints of a process share: a driver for the main thread, and workers. */
export interface LocalHost extends AsyncDisposable {
  readonly driver: FileDriver;
  readonly pool: WorkerPool;
  readonly self: Self;
  /** Where BLAKE3 has to come from. */
  readonly binding: HashBinding | undefined;
  /** Jobs worth having under way at once. */
  readonly threads: number;
}

export async function openLocalHost(
  force: "libc" | "portable" | undefined,
  binding?: HashBinding,
  carried?: Carried,
): Promise<LocalHost> {
  useNativeParts(carried?.natives);
  const driver = await chooseDriver(force);
  const threads = Math.min(Math.max(os.availableParallelism(), 2), 8);
  const pool = newWorkerPool({ force, binding, carried }, threads);
  const uid = process.geteuid?.() ?? 0;
  return {
    driver,
    pool,
    self: { uid, gid: process.getegid?.() ?? 0, umask: process.umask(), isRoot: uid === 0 },
    binding,
    threads,
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}
