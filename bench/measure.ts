import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

import { type Argv, run } from "./process.ts";

/** What one command took. */
export interface Sample {
  readonly seconds: number;
  /** Of the process that had most resident at once, all its threads together; nothing where it cannot be known. */
  readonly peakBytes: number | undefined;
}

/** How peak memory is found out on this machine. */
export interface Meter {
  readonly description: string;
  readonly measure: (argv: Argv, env: NodeJS.ProcessEnv, signal: AbortSignal) => Promise<Sample>;
}

const GNU_TIME = "/usr/bin/time";
const SAMPLING_PAUSE_MS = 2;

/**
 * Takes GNU time where it is installed, because the kernel's own figure (`ru_maxrss` of wait4) is exact and Node cannot
 * ask for it. It adds about a millisecond to either side. Elsewhere it reads a running process's high-water mark
 * again and again, which misses what happens within the last reading and the end.
 */
export async function chooseMeter(report: string, env: NodeJS.ProcessEnv): Promise<Meter> {
  const gnu = gnuTimeMeter(report);
  try {
    await gnu.measure(["true"], env, new AbortController().signal);
    return gnu;
  } catch {
    return samplingMeter;
  }
}

function gnuTimeMeter(report: string): Meter {
  return {
    description: `${GNU_TIME} (ru_maxrss)`,
    measure: async (argv, env, signal) => {
      const command: Argv = [GNU_TIME, "-q", "-f", "%M", "-o", report, ...argv];
      const { seconds } = await run(command, { env, signal });
      const kibibytes = Number(await readFile(report, "utf8"));
      if (!(kibibytes > 0)) throw new Error(`${GNU_TIME} does not understand -f %M`);
      return { seconds, peakBytes: kibibytes * 1024 };
    },
  };
}

const samplingMeter: Meter = {
  description: `VmHWM, read every ${SAMPLING_PAUSE_MS} ms`,
  measure: async (argv, env, signal) => {
    let peak = 0;
    const ended = new AbortController();
    let watching = Promise.resolve();
    const watch = async (pid: number): Promise<void> => {
      while (!ended.signal.aborted) {
        peak = Math.max(peak, await highWaterMark(pid));
        await sleep(SAMPLING_PAUSE_MS);
      }
    };
    try {
      const { seconds } = await run(argv, {
        env,
        signal,
        watch: (pid) => {
          watching = watch(pid);
        },
      });
      return { seconds, peakBytes: peak === 0 ? undefined : peak };
    } finally {
      ended.abort();
      await watching;
    }
  },
};

/** Of the process or of any below it, whichever has most; rsync is three. Zero once it has ended. */
async function highWaterMark(pid: number): Promise<number> {
  try {
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    const own = Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
    const below = children.split(" ").filter((id) => id !== "");
    return Math.max(own, ...(await Promise.all(below.map((id) => highWaterMark(Number(id))))));
  } catch {
    return 0;
  }
}
