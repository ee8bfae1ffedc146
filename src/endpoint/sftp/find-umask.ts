import type { ByteString } from "../../base/byte-string.ts";
import type { Name } from "../../core/path.ts";
import { ignoringRefusal } from "./applier.ts";
import { below } from "./host-path.ts";
import type { SftpClient } from "./sftp-client.ts";
import { statusOf } from "./status-error.ts";

const usualUmask = 0o022;

/** What the server takes from the modes of what is new: SFTP does not say, so a directory is made to see. */
export async function findUmask(client: SftpClient, root: ByteString, temp: Name): Promise<number> {
  const host = below(root, temp);
  try {
    await client.mkdir(host, 0o777);
    const made = await client.lstat(host);
    await ignoringRefusal(client.rmdir(host));
    return made === undefined ? usualUmask : 0o777 & ~made.mode;
  } catch (error) {
    if (statusOf(error) === undefined) throw error;
    return usualUmask;
  }
}
