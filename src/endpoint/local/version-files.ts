import { textOfBytes, byteString } from "../../base/byte-string.ts";
import { SyncError } from "../../base/errors.ts";
import type { Finding } from "../../core/entry.ts";
import type { Name, RelPath } from "../../core/path.ts";
import type { VersionRecord } from "../../core/version-record.ts";
import { decodeRecord, noRecord } from "../../core/version-record.ts";
import { parseStamp, recordName, versionsName } from "../../core/version-stamp.ts";
import type { KeptRun } from "../../core/version-state.ts";
import type { LocalHost } from "./host.ts";
import type { Descriptor, HostPath } from "../../fs/driver.ts";
import { errnoOf } from "../../fs/file-error.ts";
import { readTree } from "../../fs/read-tree.ts";
import { newStat } from "../../fs/stat.ts";
import { ownDirectory } from "../../fs/temp-names.ts";

/** One run's directories in a store, by name only. */
export interface RunNames {
  readonly stamp: string;
  readonly at: number;
  /** In their order. */
  readonly layers: readonly Name[];
}

/** A replica's old copies, held open: nothing in it is reached through a link. */
export interface KeptFiles extends Disposable {
  readonly fd: Descriptor;
  /** Oldest first. */
  readonly runs: readonly RunNames[];
  tree(layer: Name): Map<RelPath, Finding>;
  record(stamp: string): VersionRecord;
  load(run: RunNames): KeptRun;
}

const recordLimit = 1 << 30;

/** Opens the version store of a replica; `undefined` where it has none. Throws `SyncError` where it cannot be read. */
export function openKeptFiles(
  { driver, self }: LocalHost,
  root: HostPath,
  location: string,
): KeptFiles | undefined {
  const open: Descriptor[] = [];
  const closeAll = (): void => {
    for (const fd of open.splice(0).toReversed()) driver.close(fd);
  };
  try {
    open.push(driver.openRoot(root));
    for (const name of [ownDirectory, versionsName as Name]) {
      open.push(driver.openDirectory(open.at(-1)!, name));
    }
    const fd = open.at(-1)!;
    const runs = runsOf(driver.list(fd));
    const tree = (layer: Name): Map<RelPath, Finding> => {
      const dir = driver.openDirectory(fd, layer);
      try {
        const path = `${root}/${ownDirectory}/${versionsName}/${layer}` as HostPath;
        return readTree(driver, { fd: dir, path, isRoot: self.isRoot });
      } finally {
        driver.close(dir);
      }
    };
    const record = (stamp: string): VersionRecord => {
      const text = readSmall({ driver }, fd, recordName(stamp) as Name, recordLimit);
      return text === undefined ? noRecord : decodeRecord(text);
    };
    return {
      fd,
      runs,
      tree,
      record,
      load: ({ stamp, at, layers }) => ({
        stamp,
        at,
        layers: layers.map(tree),
        record: record(stamp),
      }),
      [Symbol.dispose]: closeAll,
    };
  } catch (error) {
    closeAll();
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    if (errno === "ENOENT") return undefined;
    const where = `${ownDirectory}/${versionsName}`;
    const why = errno === "ENOTDIR" || errno === "ELOOP" ? "it is no directory" : errno;
    throw new SyncError("ROOT_UNREADABLE", `${location}: ${where} cannot be read: ${why}`, {
      cause: error,
    });
  }
}

function runsOf(names: readonly Name[]): RunNames[] {
  const runs = new Map<number, { stamp: string; at: number; layers: [number, Name][] }>();
  for (const name of names) {
    const isRecord = name.endsWith(".jsonl");
    const stamp = isRecord ? name.slice(0, -".jsonl".length) : name;
    const parsed = parseStamp(stamp);
    if (parsed === undefined) continue;
    const base = stamp.split("~")[0]!;
    const run = runs.get(parsed.at) ?? { stamp: base, at: parsed.at, layers: [] };
    runs.set(parsed.at, run);
    if (!isRecord) run.layers.push([parsed.layer, name]);
  }
  return [...runs.values()]
    .sort((a, b) => a.at - b.at)
    .map(({ stamp, at, layers }) => ({
      stamp,
      at,
      layers: layers.sort(([a], [b]) => a - b).map(([, name]) => name),
    }));
}

/** The text of a small file, or `undefined` where there is none that can be read. */
export function readSmall(
  { driver }: Pick<LocalHost, "driver">,
  dir: Descriptor,
  name: Name,
  limit: number,
): string | undefined {
  let fd: Descriptor | undefined;
  try {
    fd = driver.openFile(dir, name);
    const stat = newStat();
    driver.statDescriptor(fd, stat);
    const buffer = new Uint8Array(Math.min(stat.size, limit));
    let length = 0;
    while (length < buffer.length) {
      const piece = buffer.subarray(length);
      const read = driver.readAt(fd, piece, piece.length, length);
      if (read === 0) break;
      length += read;
    }
    return textOfBytes(byteString(buffer.subarray(0, length)));
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  } finally {
    if (fd !== undefined) driver.close(fd);
  }
}
