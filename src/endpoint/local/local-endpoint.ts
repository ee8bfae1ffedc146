import { mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

import { bytesOfText } from "../../base/byte-string.ts";
import { SyncError } from "../../base/errors.ts";
import { isPut } from "../../core/put-action.ts";
import type { Descriptor, FileDriver, HostPath } from "../../fs/driver.ts";
import { errnoOf, FileError } from "../../fs/file-error.ts";
import { newStat } from "../../fs/stat.ts";
import { meaningOf } from "../../fs/problems.ts";
import type {
  Capabilities,
  ContentCheck,
  ContentSource,
  ContentVerdict,
  Endpoint,
  RootInfo,
} from "../endpoint.ts";
import { applyStream } from "./apply-stream.ts";
import { applyStreamed } from "./apply-streamed.ts";
import { beginVersions } from "./begin-versions.ts";
import { machineId } from "../../fs/boot-id.ts";
import { capabilitiesOf } from "./capabilities.ts";
import { chunkHere } from "./chunk-files.ts";
import { hashHere } from "./hash-files.ts";
import type { LocalHost } from "./host.ts";
import type { ContentJob, ContentResult } from "./jobs.ts";
import {
  countedBytes,
  countedEntries,
  countedFiles,
  newCounters,
  newSignals,
  stopFlag,
} from "./jobs.ts";
import type { RootPlace } from "./root-info.ts";
import { inspectRoot } from "./root-info.ts";
import { packStream } from "./pack-stream.ts";
import { runContent } from "./run-job.ts";
import { scanStream } from "./scan-stream.ts";
import { sweep } from "./sweep.ts";
import { withSignals } from "./with-signals.ts";
import { readFile } from "./stream-file.ts";

/** An endpoint for a directory of this machine. Its files can be reached directly by other local endpoints. */
export interface LocalEndpoint extends Endpoint {
  readonly hostRoot: HostPath;
}

/** Opens a directory, which need not exist yet. `location` is what was typed, `directory` the path that it stands for. */
export function openLocal(
  location: string,
  host: LocalHost,
  directory: string = location,
): LocalEndpoint {
  const path = resolve(directory);
  const counters = newCounters();
  let place: RootPlace | undefined;
  let held: Descriptor | undefined;
  const inspect = (): RootPlace => {
    place = inspectRoot(host.driver, path);
    letGo();
    held = place.info.kind === "directory" ? holdRoot(host.driver, path, place.info) : undefined;
    return place;
  };
  const letGo = (): void => {
    if (held !== undefined) host.driver.close(held);
    held = undefined;
  };
  const hostRoot = (): HostPath => pathOfHeld(held) ?? (bytesOfText(path) as string as HostPath);
  const capabilities = (): Capabilities => {
    const { fileSystem, foldsCase } = place ?? inspect();
    return capabilitiesOf(host.driver, fileSystem.type, host.self, foldsCase);
  };

  return {
    location,
    machine: machineId(),
    usesBasis: true,
    get hostRoot() {
      return hostRoot();
    },
    get capabilities() {
      return capabilities();
    },

    root: async () => (place ?? inspect()).info,

    async makeRoot() {
      try {
        makeWithParents(path);
      } catch (cause) {
        const { code = "EIO" } = cause as NodeJS.ErrnoException;
        const { message } = meaningOf(new FileError(code, "mkdir"));
        throw new SyncError("TARGET_UNWRITABLE", `${path}: it cannot be made: ${message}`, {
          cause,
        });
      }
      inspect();
    },

    scan({ side, xattrs, acls, contentOf, ...request }, signal) {
      const attributes = { xattrs, acls, isRoot: host.self.isRoot };
      const leftovers = side === "target";
      const half = leftovers ? 1 : 0;
      const root = contentOf !== undefined && isLocal(contentOf) ? contentOf.hostRoot : undefined;
      const twin = root === undefined ? {} : { twin: { root, half } as const };
      const chunks = scanStream(
        host,
        hostRoot(),
        { ...request, ...twin, attributes, leftovers },
        counters,
        signal,
      );
      return namingRoot(path, chunks);
    },

    read: (file, expected, { followLinks }, signal) =>
      readFile(host.driver, hostRoot(), { path: file, expected, followLinks }, signal),

    readFiles(files, options, signal) {
      const chunks = packStream({ host, root: hostRoot(), options, counters }, files, signal);
      return namingRoot(path, chunks);
    },

    compareContent(checks, source, { followLinks }, signal) {
      if (!isLocal(source)) return undefined;
      const roots = { source: source.hostRoot, target: hostRoot(), followLinks };
      const work = { type: "content", ...roots, counters } as const;
      return compareHere(host, checks, work, signal).catch((error: unknown) => {
        throw aboutRoot(path, error);
      });
    },

    hash(requests, options, signal) {
      const { timeResolution } = capabilities();
      const work = { host, root: hostRoot(), options, counters, timeResolution };
      return hashHere(work, requests, signal).catch((error: unknown) => {
        throw aboutRoot(path, error);
      });
    },

    chunks: (requests, options, signal) =>
      chunkHere({ host, root: hostRoot(), options, counters }, requests, signal).catch(
        (error: unknown) => {
          throw aboutRoot(path, error);
        },
      ),

    beginVersions: (at, record) => beginVersions(host, hostRoot(), at, record),

    apply(actions, ordered, source, { known, ...options }, signal) {
      const run = {
        host,
        target: hostRoot(),
        options,
        known,
        counters,
        timeResolution: capabilities().timeResolution,
      };
      const signals = newSignals(0);
      if (signal.aborted) signals[stopFlag] = 1;
      else
        signal.addEventListener("abort", () => Atomics.store(signals, stopFlag, 1), { once: true });
      const local = isLocal(source) ? source.hostRoot : undefined;
      const work = { ...run, signals, source: local };
      const isStreamed = local === undefined && actions.some(isPut);
      const outcomes = isStreamed
        ? applyStreamed(work, actions, { ordered, source, signal })
        : applyStream(work, actions, ordered);
      const sweeping = (): Promise<void> => sweep(host.driver, run.target, actions);
      return namingRoot(path, options.again === true ? after(sweeping, outcomes) : outcomes);
    },

    // Never in this thread: it would show nothing and hear nobody until the disk is done.
    async flush() {
      try {
        await host.pool.run({ type: "flush", root: hostRoot() }, []);
      } catch (cause) {
        if (errnoOf(cause) === undefined) throw cause;
        const message = `${path}: what was written cannot be made durable (${errnoOf(cause)})`;
        throw new SyncError("TARGET_UNWRITABLE", message, { cause });
      }
    },

    async thinVersions(rule, at) {
      const { thinVersions } = await import("./thin-versions.ts");
      return thinVersions({ host, root: hostRoot(), location, rule, at });
    },

    progress: () => ({
      entries: counters[countedEntries]!,
      files: counters[countedFiles]!,
      bytes: counters[countedBytes]!,
    }),

    traffic: () => ({ sent: 0, received: 0 }),

    async [Symbol.asyncDispose]() {
      letGo();
    },
  };
}

/**
 * Holds the root open for as long as the endpoint is used, so that everything works on the directory that was looked at,
 * whatever its path comes to mean: another directory, a link, an empty mount point.
 */
function holdRoot(
  driver: FileDriver,
  path: string,
  { identity }: RootInfo,
): Descriptor | undefined {
  try {
    const fd = driver.openRoot(bytesOfText(path) as string as HostPath);
    const stat = newStat();
    driver.statDescriptor(fd, stat);
    const { dev, inoHigh, inoLow } = identity;
    if (stat.dev === dev && stat.inoHigh === inoHigh && stat.inoLow === inoLow) return fd;
    driver.close(fd);
  } catch (error) {
    // A root that cannot be opened is for the scan to report.
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
  throw new SyncError(
    "ROOT_UNREADABLE",
    `${path}: it became another directory while it was looked at`,
  );
}

/** A path that leads any thread to the descriptor itself. Only Linux has one; elsewhere the root's own path serves. */
function pathOfHeld(fd: Descriptor | undefined): HostPath | undefined {
  const isLinux = process.platform === "linux";
  return fd === undefined || !isLinux ? undefined : (`/proc/self/fd/${fd}` as HostPath);
}

/** Made one by one: Node's `recursive` never ends where a file system refuses new directories as /proc does. */
function makeWithParents(dir: string): void {
  if (statSync(dir, { throwIfNoEntry: false })?.isDirectory() === true) return;
  makeWithParents(dirname(dir));
  mkdirSync(dir);
}

async function* after<T>(first: () => Promise<void>, rest: AsyncIterable<T>): AsyncGenerator<T> {
  await first();
  yield* rest;
}

/** Work as a whole fails only for a root; then it says so, and which one. */
async function* namingRoot<T>(path: string, chunks: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* chunks;
  } catch (error) {
    throw aboutRoot(path, error);
  }
}

function aboutRoot(path: string, error: unknown): unknown {
  if (errnoOf(error) === undefined) return error;
  return new SyncError("ROOT_UNREADABLE", `${path}: ${meaningOf(error).message}`, { cause: error });
}

/** Whether an endpoint is one of this machine, whose files can be reached directly. */
export function isLocal(endpoint: ContentSource): endpoint is LocalEndpoint {
  return "hostRoot" in endpoint;
}

async function compareHere(
  host: LocalHost,
  checks: readonly ContentCheck[],
  where: Omit<ContentJob, "paths" | "contents" | "sizes" | "signals">,
  signal: AbortSignal,
): Promise<ContentVerdict[]> {
  const bytes = checks.reduce((sum, { size }) => sum + size, 0);
  const isSmall = checks.length <= 16 && bytes < 1 << 20;
  const result = await withSignals(signal, async (signals) => {
    const job: ContentJob = {
      ...where,
      signals,
      paths: checks.map(({ path }) => path).join("\0"),
      contents: checks.some(({ content }) => content !== undefined)
        ? checks.map(({ path, content = path }) => content).join("\0")
        : undefined,
      sizes: Float64Array.from(checks, ({ size }) => size),
    };
    return isSmall ? runContent(host.driver, job) : host.pool.run<ContentResult>(job, []);
  });
  const problems = new Map(result.problems.map(({ row, ...problem }) => [row, problem]));
  return checks.map(({ path }, row): ContentVerdict => {
    const problem = problems.get(row);
    return problem === undefined
      ? { path, equal: result.equal[row] === 1 }
      : { path, problem: { path, ...problem } };
  });
}
