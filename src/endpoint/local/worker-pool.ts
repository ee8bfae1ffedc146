import module from "node:module";
import type { Worker } from "node:worker_threads";

import { SyncError } from "../../base/errors.ts";
import { FileError } from "../../fs/file-error.ts";
import type { LocalChoices } from "./host.ts";
import type { Job, JobResult, WorkerMessage, WorkerStart, WorkerTask } from "./jobs.ts";

/** What a scanning worker says of the slot that it has filled. */
export type ArrivedChunk = Extract<WorkerMessage, { type: "chunk" }>;

/** What a worker says when a job is over. */
type Answer = Extract<WorkerMessage, { type: "result" | "failed" }>;

/** Threads that do jobs, one each at a time. Started when first needed, kept until the pool is disposed of. */
export interface WorkerPool extends AsyncDisposable {
  /**
   * Does a job. Scans depend on one another's readers and so never wait: each has a worker at once. Other jobs take turns,
   * so that there are no more of them under way than there are threads worth having. Chunks of a scan go to `onChunk`.
   */
  run<R extends JobResult>(
    job: Job,
    transfer: ArrayBuffer[],
    onChunk?: (chunk: ArrivedChunk) => void,
  ): Promise<R>;
  /** One thread, for jobs that go on where the one before has stopped. It takes a turn until it is given back. */
  lease(): Promise<WorkerLease>;
}

export interface WorkerLease extends Disposable {
  /** One job at a time. */
  run<R extends JobResult>(job: Job, transfer: ArrayBuffer[]): Promise<R>;
}

// Sources run as they are in development; the build puts the worker beside the program, as plain JavaScript.
const programBeside: URL = new URL(
  import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js",
  import.meta.url,
);

// Workers make next to nothing that lives long: a larger nursery would only be filled more seldom, at 15 MB a thread.
const resourceLimits = { maxYoungGenerationSizeMb: 3 };

export function newWorkerPool(choices: LocalChoices, threads: number): WorkerPool {
  /** And when each has come up, or ended. */
  const all = new Map<Worker, Promise<unknown>>();
  const idle: Worker[] = [];
  const waiting: (() => void)[] = [];
  let busy = 0;

  const start = (): Worker => {
    const { force, binding, carried } = choices;
    // COMPAT: only newer versions of Node have such a cache, and an agent may be run by an older one.
    const getCompileCacheDir = module.getCompileCacheDir as (() => string | undefined) | undefined;
    const workerData: WorkerStart = {
      force,
      binding,
      natives: carried?.natives,
      compileCache: getCompileCacheDir?.(),
    };
    // Loaded when it is needed: a small tree starts no thread.
    const { Worker } = process.getBuiltinModule("node:worker_threads");
    const worker = new Worker(carried?.program ?? programBeside, { workerData, resourceLimits });
    worker.unref();
    all.set(worker, comeUp(worker));
    worker.once("exit", () => all.delete(worker));
    return worker;
  };

  const doJob = async <R extends JobResult>(
    job: Job,
    transfer: ArrayBuffer[],
    onChunk: ((chunk: ArrivedChunk) => void) | undefined,
  ): Promise<R> => {
    const worker = idle.pop() ?? start();
    const result = await converse(worker, job, transfer, onChunk);
    idle.push(worker);
    return resultOf(result) as R;
  };

  const turn = (): Promise<void> | undefined => {
    if (busy++ < threads) return undefined;
    return new Promise((resolve) => {
      waiting.push(resolve);
    });
  };
  const endTurn = (): void => {
    busy--;
    waiting.shift()?.();
  };

  return {
    async run(job, transfer, onChunk) {
      if (job.type === "scan") return doJob(job, transfer, onChunk);
      await turn();
      try {
        return await doJob(job, transfer, onChunk);
      } finally {
        endTurn();
      }
    },
    async lease() {
      await turn();
      const worker = idle.pop() ?? start();
      return {
        run: async <R extends JobResult>(job: Job, transfer: ArrayBuffer[]): Promise<R> =>
          resultOf(await converse(worker, job, transfer, undefined)) as R,
        [Symbol.dispose]() {
          idle.push(worker);
          endTurn();
        },
      };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(
        [...all].map(async ([worker, up]) => {
          // Nothing else may keep the process until then.
          worker.ref();
          await up;
          await worker.terminate();
        }),
      );
    },
  };
}

/**
 * Resolves when a worker has loaded its native parts, or has ended. A thread that is ended while it loads them takes the whole
 * process with it.
 */
function comeUp(worker: Worker): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      worker.off("message", hear).off("error", done).off("exit", done);
      resolve();
    };
    const hear = ({ type }: WorkerMessage): void => {
      if (type === "up") done();
    };
    worker.on("message", hear).on("error", done).on("exit", done);
  });
}

/** Gives a worker a job and listens until it is done. Rejects only where the worker itself is lost. */
function converse(
  worker: Worker,
  job: Job,
  transfer: ArrayBuffer[],
  onChunk: ((chunk: ArrivedChunk) => void) | undefined,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const lose = (cause: unknown): void => {
      settle();
      reject(new SyncError("WORKER_CRASHED", "a worker thread failed", { cause }));
    };
    const listen = (message: WorkerMessage): void => {
      if (message.type === "up") return;
      if (message.type === "chunk") {
        onChunk?.(message);
        return;
      }
      settle();
      resolve(message);
    };
    const settle = (): void => {
      worker.off("message", listen).off("error", lose).off("exit", lose).unref();
    };
    worker.on("message", listen).on("error", lose).on("exit", lose).ref();
    worker.postMessage({ job } satisfies WorkerTask, transfer);
  });
}

function resultOf(message: Answer): JobResult {
  if (message.type === "failed") throw asError(message.error);
  return message.result;
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
