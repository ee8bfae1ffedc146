/** A worker thread of the local driver: does one job after another, synchronously, with a file driver of its own. */
import { enableCompileCache } from "node:module";
import { parentPort, workerData } from "node:worker_threads";

import { chunkBuffers } from "../../core/snapshot.ts";
import { chooseDriver } from "../../fs/choose-driver.ts";
import type { FileDriver } from "../../fs/driver.ts";
import { errnoOf } from "../../fs/file-error.ts";
import type { Job, JobResult, WorkerMessage, WorkerStart, WorkerTask } from "./jobs.ts";
import { runApply, runContent, runScan, waitForCredit } from "./run-job.ts";

const port = parentPort!;
const { force, compileCache } = workerData as WorkerStart;
if (compileCache !== undefined) enableCompileCache(compileCache);
const driver = await chooseDriver(force);

port.on("message", ({ job }: WorkerTask) => {
  try {
    send({ type: "result", result: run(driver, job) });
  } catch (error) {
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    send({ type: "failed", error: { errno: errnoOf(error), message, stack } });
  }
});

function run(files: FileDriver, job: Job): JobResult {
  switch (job.type) {
    case "scan":
      runScan(files, job, (chunk) => {
        waitForCredit(job);
        send({ type: "chunk", chunk }, chunkBuffers(chunk));
      });
      return { type: "scan" };
    case "content":
      return runContent(files, job);
    case "apply":
      return runApply(files, job);
  }
}

function send(message: WorkerMessage, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}
