import { getCompileCacheDir } from "node:module";
import type { Worker } from "node:worker_threads";

import { SyncError } from "../../base/errors.ts";
import { FileError } from "../../fs/file-error.ts";
import type { Job, JobResult, WorkerMessage, WorkerStart, WorkerTask } from "./jobs.ts";

/** What a scanning worker says of the slot that it has filled. */
export type ArrivedChunk = Extract<WorkerMessage, { type: "chunk" }>;

/** Threads that do jobs, one each at a time. Started when first needed, kept until the pool is disposed of. */
export interface WorkerPool extends AsyncDisposable {
  /**
   * Does a job in an idle worker, or in a new one: it never waits for another job to end, so callers bound how many they
   * have under way. Chunks of a scan go to `onChunk`.
   */
  run<R extends JobResult>(
    job: Job,
    transfer: ArrayBuffer[],
    onChunk?: (chunk: ArrivedChunk) => void,
  ): Promise<R>;
  /** Starts a worker that the next job will find ready. */
  warm(): void;
}

// Sources run as they are in development; the build puts the worker beside the program, as plain JavaScript.
const program: URL = new URL(
  import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js",
  import.meta.url,
);

// Workers make next to nothing that lives long: a larger nursery would only be filled more seldom, at 15 MB a thread.
const resourceLimits = { maxYoungGenerationSizeMb: 3 };

export function newWorkerPool(force: "libc" | "portable" | undefined): WorkerPool {
  const all = new Set<Worker>();
  const idle: Worker[] = [];

  const start = (): Worker => {
    // Loaded when it is needed: a small tree starts no thread.
    const threads = process.getBuiltinModule("node:worker_threads");
    const workerData: WorkerStart = { force, compileCache: getCompileCacheDir() };
    const worker = new threads.Worker(program, { workerData, resourceLimits });
    worker.unref();
    all.add(worker);
    worker.once("exit", () => all.delete(worker));
    return worker;
  };

  return {
    warm() {
      idle.push(start());
    },
    run<R extends JobResult>(
      job: Job,
      transfer: ArrayBuffer[],
      onChunk?: (chunk: ArrivedChunk) => void,
    ): Promise<R> {
      const worker = idle.pop() ?? start();
      return new Promise<R>((resolve, reject) => {
        const settle = (): void => {
          worker.removeAllListeners("message");
          worker.removeAllListeners("error");
          worker.unref();
        };
        worker.on("message", (message: WorkerMessage) => {
          if (message.type === "chunk") {
            onChunk?.(message);
            return;
          }
          settle();
          idle.push(worker);
          if (message.type === "result") resolve(message.result as R);
          else reject(asError(message.error));
        });
        worker.on("error", (cause) => {
          settle();
          reject(new SyncError("WORKER_CRASHED", "a worker thread failed", { cause }));
        });
        worker.ref();
        worker.postMessage({ job } satisfies WorkerTask, transfer);
      });
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...all].map((worker) => worker.terminate()));
    },
  };
}

function asError({
  errno,
  message,
  stack,
}: Extract<WorkerMessage, { type: "failed" }>["error"]): Error {
  if (errno !== undefined) return new FileError(errno, message);
  const error = new Error(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}
