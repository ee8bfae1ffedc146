import { baseName } from "../../core/path.ts";
import type { Action } from "../../core/plan.ts";
import { EntryProblem } from "../endpoint.ts";
import type { Applier } from "./applier.ts";
import { statuses } from "./protocol.ts";
import { asEntryProblem, statusOf } from "./status-error.ts";

/** Bytes of a name that nearly every file system takes. */
const usualNameBytes = 255;

/**
 * What has stood in the way of an action. SFTP has one status for a disk that is full, one that is read-only and whatever else
 * goes wrong, so the server is asked what its disk is like.
 */
export async function explain(
  { session: { client }, reach }: Applier,
  action: Action,
  error: unknown,
): Promise<EntryProblem> {
  const status = statusOf(error);
  const isLong = baseName(action.path).length > usualNameBytes;
  if (isLong && (status === statuses.badMessage || status === statuses.failure)) {
    const message = "the name is too long for that file system";
    return new EntryProblem("target", "name-too-long", message);
  }
  if (status !== statuses.failure || !client.offers("statvfs")) {
    return asEntryProblem("target", error);
  }
  const room = await client.statvfs(reach.root).catch((cause: unknown) => {
    asEntryProblem("target", cause);
    return undefined;
  });
  if (room?.isReadOnly === true) {
    return new EntryProblem("target", "read-only", "the file system is mounted read-only");
  }
  if (room !== undefined && (room.freeBytes < bytesNeeded(action) || room.freeInodes === 0)) {
    const message = "no space is left on the target; free some and run again";
    return new EntryProblem("target", "no-space", message);
  }
  return asEntryProblem("target", error);
}

/** What may be missing by now where a disk has become full; what was begun has been removed again. */
const leastBytes = 1 << 20;

function bytesNeeded(action: Action): number {
  const isContent = action.type === "put-file" || action.type === "copy-file";
  return leastBytes + (isContent ? action.entry.size : 0);
}
