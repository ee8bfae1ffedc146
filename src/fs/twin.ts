import type { Name, RelPath } from "../core/path.ts";
import { openDirectories } from "./directories.ts";
import type { Descriptor, FileDriver, HostPath } from "./driver.ts";
import { errnoOf } from "./file-error.ts";
import type { ComparePair } from "./same-content.ts";
import { newComparePair, sameContent } from "./same-content.ts";

/** Another tree that a walk compares content with on its way, as plain data. */
export interface TwinRequest {
  readonly root: HostPath;
  /** Two walks, one in each tree, share the work: which part is this one's. */
  readonly half: 0 | 1;
}

/** What a walk tells of content, and is told. */
export interface Reading {
  readonly onBytes: (bytes: number) => void;
  /** False to read no more. */
  readonly goesOn: () => boolean;
}

/** The directory that a walk is in. */
interface WalkedDirectory {
  readonly fd: Descriptor;
  readonly path: RelPath;
  readonly names: readonly Name[];
}

export interface Twin extends Disposable {
  /**
   * Whether the twin tree has a file with the same content at that place. False says nothing: the file may be the other
   * walk's, too large to be read on the way, or not to be had.
   */
  isSame(dir: WalkedDirectory, name: Name, size: number): boolean;
}

/** Larger files are for those who read several at once. */
const largest = 8 << 20;
/** Directories with more names are shared name by name. */
const crowd = 256;
const bufferBytes = 256 * 1024;
let buffers: ComparePair | undefined;

/** Opens the twin tree; `undefined` where that cannot be done. */
export function openTwin(
  driver: FileDriver,
  { root, half }: TwinRequest,
  reading: Reading,
): Twin | undefined {
  const dirs = orNothing(() => openDirectories(driver, root, false));
  if (dirs === undefined) return undefined;
  const pair = (buffers ??= newComparePair(bufferBytes));
  let current: WalkedDirectory | undefined;
  let isMine = false;
  let twinDir: Descriptor | undefined;

  const enter = (dir: WalkedDirectory): void => {
    current = dir;
    isMine = dir.names.length > crowd || halfOf(dir.path) === half;
    twinDir = isMine ? orNothing(() => dirs.open(dir.path)) : undefined;
  };
  const compare = (dir: Descriptor, there: Descriptor, name: Name, size: number): boolean => {
    const ours = driver.openFile(dir, name);
    try {
      const theirs = driver.openFile(there, name);
      try {
        return sameContent(driver, ours, theirs, size, pair, (bytes) => reading.onBytes(bytes));
      } finally {
        driver.close(theirs);
      }
    } finally {
      driver.close(ours);
    }
  };
  return {
    isSame(dir, name, size) {
      if (dir !== current) enter(dir);
      const there = twinDir;
      if (there === undefined || size === 0 || size > largest || !reading.goesOn()) return false;
      if (dir.names.length > crowd && halfOf(name) !== half) return false;
      return orNothing(() => compare(dir.fd, there, name, size)) ?? false;
    },
    [Symbol.dispose]: () => dirs[Symbol.dispose](),
  };
}

function halfOf(text: string): number {
  let sum = text.length;
  for (let i = Math.max(0, text.length - 8); i < text.length; i++) sum += text.charCodeAt(i);
  return sum & 1;
}

/** Whatever stands in the way is met again, and said, by whoever needs the file. */
function orNothing<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}
