import type { FileEntry } from "../../core/entry.ts";
import type { RelPath } from "../../core/path.ts";
import { openDirectories } from "../../fs/directories.ts";
import type { FileDriver, HostPath } from "../../fs/driver.ts";
import { isAsExpected, sameTime } from "../../fs/expectation.ts";
import { newStat } from "../../fs/stat.ts";
import type { ReadOptions } from "../endpoint.ts";
import { EntryProblem } from "../endpoint.ts";
import { onSide } from "./applier.ts";

const pieceBytes = 256 * 1024;
const exact = { timeResolution: 1 };

/** A file as it was scanned, through links or not. */
export interface WantedFile extends ReadOptions {
  readonly path: RelPath;
  readonly expected: FileEntry;
}

/** The content of one file, in pieces; fails with `EntryProblem` where it is not, or does not stay, what is expected. */
export async function* readFile(
  driver: FileDriver,
  root: HostPath,
  { path, expected, followLinks }: WantedFile,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const stat = newStat();
  using dirs = openDirectories(driver, root, followLinks);
  const fd = onSide("source", () => dirs.openFile(path));
  try {
    const check = (): void => {
      driver.statDescriptor(fd, stat);
      // A file with several names, too: nothing of ours changes a file that is read.
      const isUnchanged = isAsExpected(stat, expected, exact) && sameTime(stat, expected, exact);
      if (!isUnchanged) throw changedWhileRead();
    };
    onSide("source", check);
    for (let position = 0; position < expected.size;) {
      signal.throwIfAborted();
      const piece = new Uint8Array(Math.min(pieceBytes, expected.size - position));
      const at = position;
      const length = onSide("source", () => driver.readAt(fd, piece, piece.length, at));
      if (length === 0) throw changedWhileRead();
      yield piece.subarray(0, length);
      position += length;
    }
    onSide("source", check);
  } finally {
    driver.close(fd);
  }
}

function changedWhileRead(): EntryProblem {
  const message = "it changed while it was read; the next run will try again";
  return new EntryProblem("source", "changed", message);
}
