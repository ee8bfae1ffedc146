import type { ByteString } from "../../base/byte-string.ts";
import { ignoringRefusal } from "./applier.ts";
import { openFlags, usualPiece } from "./protocol.ts";
import type { SftpClient } from "./sftp-client.ts";

/** Writes a small file of Syncline's own: nobody else's, and under its name when it is whole. */
export async function writeWhole(
  client: SftpClient,
  temp: ByteString,
  host: ByteString,
  content: Uint8Array,
): Promise<void> {
  const flags = openFlags.write | openFlags.create | openFlags.exclusive;
  const handle = await client.open(temp, flags, 0o600);
  try {
    for (let at = 0; at < content.length; at += usualPiece) {
      const piece = content.subarray(at, at + usualPiece);
      await client.gate.enter(piece.length);
      await client.write(handle, at, piece);
    }
    await client.close(handle);
    if (client.offers("posixRename")) await client.posixRename(temp, host);
    else {
      await ignoringRefusal(client.remove(host));
      await client.rename(temp, host);
    }
  } catch (error) {
    await ignoringRefusal(client.remove(temp));
    throw error;
  }
}
