/** A worker thread of the local driver: does one job after another, synchronously, with a file driver of its own. */
import module from "node:module";
import { parentPort, workerData } from "node:worker_threads";

import type { SnapshotChunk } from "../../core/snapshot.ts";
import { chunkRows, newChunk } from "../../core/snapshot.ts";
import { chooseDriver } from "../../fs/choose-driver.ts";
import type { FileDriver } from "../../fs/driver.ts";
import { errnoOf } from "../../fs/file-error.ts";
import { useNativeParts } from "../../fs/native-parts.ts";
import type { Job, JobResult, WorkerMessage, WorkerStart, WorkerTask, ScanJob } from "./jobs.ts";
import { runPack } from "./pack-job.ts";
import { runChunks } from "./run-chunks.ts";
import { runHash } from "./run-hash.ts";
import { runApply, runContent, runFlush, runScan, takeSlot, waitForCredit } from "./run-job.ts";
import { breakOff, runUnpack } from "./unpack-job.ts";

const port = parentPort!;
const { force, binding, natives, compileCache } = workerData as WorkerStart;
if (compileCache !== undefined) module.enableCompileCache(compileCache);
useNativeParts(natives);
// Not awaited here: the agent is one file, of a kind in which only functions can wait.
const driver = chooseDriver(force);
const tellUp = (): void => send({ type: "up" });
driver.then(tellUp, tellUp);

port.on("message", ({ job }: WorkerTask) => void answer(job));

/** Does the job and says what came of it. Nothing is waited for but the hasher, the first time. */
async function answer(job: Job): Promise<void> {
  try {
    const result = await run(await driver, job);
    send({ type: "result", result });
  } catch (error) {
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    send({ type: "failed", error: { errno: errnoOf(error), message, stack } });
  }
}

function run(files: FileDriver, job: Job): JobResult | Promise<JobResult> {
  switch (job.type) {
    case "hash":
      return runHash(files, job, binding);
    case "chunks":
      return runChunks(files, job, binding);
    case "pack":
      return runPack(files, job, binding);
    case "unpack":
      return runUnpack(files, job, binding);
    case "break-off":
      return breakOff();
    case "scan":
      scan(files, job);
      return { type: "scan" };
    case "content":
      return runContent(files, job);
    case "apply":
      return runApply(files, job);
    case "flush":
      runFlush(files, job);
      return { type: "flush" };
  }
}

/** Fills the slots in turn, each when the reader has gone on from what it held. */
function scan(files: FileDriver, job: ScanJob): void {
  const slots = job.slots.map((buffer) => newChunk(chunkRows, buffer));
  const roomy = slots.map((slot) => slot.names);
  const take = (): SnapshotChunk => {
    waitForCredit(job);
    const slot = takeSlot(job);
    return Object.assign(slots[slot]!, { count: 0, extras: new Map(), names: roomy[slot]! });
  };
  runScan(files, job, take, (chunk) => {
    const { count, extras, names, size } = chunk;
    const slot = slots.indexOf(chunk);
    const own = names.buffer === size.buffer ? undefined : names;
    send({ type: "chunk", slot, count, extras, names: own });
  });
}

function send(message: WorkerMessage): void {
  port.postMessage(message);
}
