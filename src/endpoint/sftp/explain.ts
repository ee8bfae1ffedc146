import type { ByteString } from "../../base/byte-string.ts";
import { baseName } from "../../core/path.ts";
import type { Action } from "../../core/plan.ts";
import { EntryProblem } from "../endpoint.ts";
import type { Applier } from "./applier.ts";
import { statuses } from "./protocol.ts";
import type { FileSystemRoom } from "./replies.ts";
import type { SftpClient } from "./sftp-client.ts";
import { asEntryProblem, statusOf } from "./status-error.ts";

/** Bytes of a name that nearly every file system takes. */
const usualNameBytes = 255;

/** What has stood in the way of an action. */
export async function explain(ctx: Applier, action: Action, error: unknown): Promise<EntryProblem> {
  const status = statusOf(error);
  const isLong = baseName(action.path).length > usualNameBytes;
  if (isLong && (status === statuses.badMessage || status === statuses.failure)) {
    const message = "the name is too long for that file system";
    return new EntryProblem("target", "name-too-long", message);
  }
  const isContent = action.type === "put-file" || action.type === "copy-file";
  const { session, reach } = ctx;
  return explainStatus(session.client, error, {
    at: reach.root,
    bytes: isContent ? action.entry.size : 0,
  });
}

/** What may be missing by now where a disk has become full; what was begun has been removed again, of all that was under way. */
const leastBytes = 1 << 20;
const leastInodes = 256;

/**
 * What has stood in the way of a change that needs so many bytes at some place. SFTP has one status for a disk that is full, one
 * that is read-only and whatever else goes wrong, so the server is asked what its disk is like.
 */
export async function explainStatus(
  client: SftpClient,
  error: unknown,
  { at, bytes = 0 }: { readonly at: ByteString; readonly bytes?: number },
): Promise<EntryProblem> {
  if (statusOf(error) !== statuses.failure || !client.offers("statvfs")) {
    return asEntryProblem("target", error);
  }
  const room = await client.statvfs(at).catch((cause: unknown) => {
    asEntryProblem("target", cause);
    return undefined;
  });
  if (room?.isReadOnly === true) {
    return new EntryProblem("target", "read-only", "the file system is mounted read-only");
  }
  if (room !== undefined && isFull(room, bytes)) {
    const message = "no space is left on the target; free some and run again";
    return new EntryProblem("target", "no-space", message);
  }
  return asEntryProblem("target", error);
}

function isFull({ freeBytes, freeInodes = Infinity }: FileSystemRoom, bytes: number): boolean {
  return freeBytes < leastBytes + bytes || freeInodes < leastInodes;
}
