import type { FileEntry } from "../../core/entry.ts";
import type { RelPath } from "../../core/path.ts";
import type { Action } from "../../core/plan.ts";
import { openDirectories } from "../../fs/directories.ts";
import type { FileDriver, HostPath } from "../../fs/driver.ts";
import { isAsExpected, sameTime } from "../../fs/expectation.ts";
import { newStat } from "../../fs/stat.ts";
import type { Endpoint, Outcome, ReadOptions } from "../endpoint.ts";
import { EntryProblem } from "../endpoint.ts";
import type { Applier } from "./applier.ts";
import { asEntryProblem, onSide } from "./applier.ts";
import { discard } from "./commit.ts";
import { beginFile, finishFile } from "./put-file.ts";

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

/** Puts a file whose content comes from anywhere, piece by piece. */
export async function putStreamed(
  ctx: Applier,
  action: Extract<Action, { type: "put-file" }>,
  source: Endpoint,
  signal: AbortSignal,
): Promise<Outcome> {
  const { path, entry, content = path } = action;
  let bytes = 0;
  try {
    const staged = beginFile(ctx, action);
    try {
      for await (const piece of source.read(content, entry, ctx.options, signal)) {
        // No more is taken than was announced, however much there is.
        if (bytes + piece.length > entry.size) throw changedWhileRead();
        ctx.driver.writeAt(staged.fd, piece, piece.length, bytes);
        bytes += piece.length;
        ctx.copy.onBytes(piece.length);
      }
      if (bytes !== entry.size) throw changedWhileRead();
      const trouble = finishFile(ctx, action, staged, entry);
      if (trouble === undefined) return { action, done: true, bytes, shared: 0 };
      const { side, code, message } = trouble;
      return { action, done: true, bytes, shared: 0, problem: { path, side, code, message } };
    } catch (error) {
      discard(ctx, staged.place.dir, staged.temp, true);
      throw error;
    } finally {
      ctx.driver.close(staged.fd);
    }
  } catch (error) {
    if (signal.aborted) throw error;
    const { side, code, message } = asEntryProblem("target", error);
    return { action, done: false, bytes: 0, shared: 0, problem: { path, side, code, message } };
  }
}
