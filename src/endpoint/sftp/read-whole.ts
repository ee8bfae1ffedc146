import type { ByteString } from "../../base/byte-string.ts";
import { byteString } from "../../base/byte-string.ts";
import { openFlags } from "./protocol.ts";
import type { Session } from "./session.ts";

/** The content of a small file, as long as it is now but no longer than `size`. */
export async function readWhole(
  { client, readBytes }: Session,
  path: ByteString,
  size: number,
): Promise<ByteString> {
  const handle = await client.open(path, openFlags.read);
  try {
    let out = "";
    while (out.length < size) {
      const length = Math.min(readBytes, size - out.length);
      await client.gate.enter(length);
      const piece = await client.read(handle, out.length, length);
      if (piece === undefined) break;
      out += byteString(piece);
    }
    return out as ByteString;
  } finally {
    client.close(handle).catch(() => {});
  }
}
