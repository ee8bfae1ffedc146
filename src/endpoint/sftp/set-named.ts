import type { ByteString } from "../../base/byte-string.ts";
import { SYMLINK } from "../../core/snapshot.ts";
import type { Wanted } from "./attributes.ts";
import { statuses } from "./protocol.ts";
import type { SftpClient } from "./sftp-client.ts";
import { statusOf } from "./status-error.ts";

/**
 * Sets metadata of what stands under a name. `kind` is what was found there a moment ago. Of links, everything but the mode,
 * where the server can.
 *
 * RACE: without `lsetstat@openssh.com`, a link that has taken the name since is followed.
 */
export async function setNamed(
  client: SftpClient,
  host: ByteString,
  kind: number,
  wanted: Wanted,
): Promise<void> {
  if (!client.offers("lsetstat")) {
    if (kind !== SYMLINK) await client.setstat(host, wanted);
    return;
  }
  if (kind === SYMLINK) {
    const { mode: _none, ...rest } = wanted;
    await client.lsetstat(host, rest);
    return;
  }
  try {
    await client.lsetstat(host, wanted);
  } catch (error) {
    // COMPAT: where the server's C library is older than glibc 2.32, modes cannot be set without following.
    const isOld = statusOf(error) === statuses.failure || statusOf(error) === statuses.unsupported;
    if (!isOld || wanted.mode === undefined) throw error;
    await client.setstat(host, wanted);
  }
}
