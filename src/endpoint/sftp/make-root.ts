import type { ByteString } from "../../base/byte-string.ts";
import { shownBytes } from "../../base/byte-string.ts";
import { SyncError } from "../../base/errors.ts";
import { isDirectory } from "./attributes.ts";
import { explainStatus } from "./explain.ts";
import { absolutePath, parentOf } from "./host-path.ts";
import type { Session } from "./session.ts";
import type { SftpClient } from "./sftp-client.ts";
import { asEntryProblem } from "./status-error.ts";

/** Makes a root and the directories above it, where they are missing. */
export async function makeRoot(
  { client, home }: Session,
  location: string,
  typed: ByteString,
): Promise<void> {
  const path = absolutePath(home, typed);
  try {
    await makeWithParents(client, path);
  } catch (cause) {
    if (cause instanceof SyncError) throw cause;
    const { message } = asEntryProblem("target", cause);
    throw unwritable(location, message, cause);
  }
  if (isDirectory(await client.stat(path))) return;
  throw unwritable(location, `${shownBytes(path)} is something else than a directory`);
}

async function makeWithParents(client: SftpClient, path: ByteString): Promise<void> {
  if (path === "/" || (await client.stat(path)) !== undefined) return;
  const at = parentOf(path);
  await makeWithParents(client, at);
  try {
    await client.mkdir(path, 0o777);
  } catch (error) {
    throw await explainStatus(client, error, { at });
  }
}

function unwritable(location: string, message: string, cause?: unknown): SyncError {
  return new SyncError("TARGET_UNWRITABLE", `${location}: it cannot be made: ${message}`, {
    cause,
  });
}
