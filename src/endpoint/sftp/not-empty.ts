import type { ByteString } from "../../base/byte-string.ts";
import { EntryProblem } from "../endpoint.ts";
import type { SftpClient } from "./sftp-client.ts";
import { statusOf } from "./status-error.ts";

/** Finds out why a directory could not be removed, which the server's one status for failures does not say. Always throws. */
export async function asDirectoryProblem(
  client: SftpClient,
  host: ByteString,
  error: unknown,
): Promise<never> {
  if (statusOf(error) !== undefined && (await holdsSomething(client, host))) {
    const message = "the directory holds something that the plan does not know";
    throw new EntryProblem("target", "not-empty", message);
  }
  throw error;
}

async function holdsSomething(client: SftpClient, host: ByteString): Promise<boolean> {
  try {
    const handle = await client.opendir(host);
    try {
      for (;;) {
        const names = await client.readdir(handle);
        if (names === undefined) return false;
        if (names.some(({ name }) => name !== "." && name !== "..")) return true;
      }
    } finally {
      client.close(handle).catch(() => {});
    }
  } catch (error) {
    if (statusOf(error) === undefined) throw error;
    return false;
  }
}
