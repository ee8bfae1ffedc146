import type { ByteString } from "../base/byte-string.ts";
import { textOfBytes } from "../base/byte-string.ts";

/**
 * The key under which a file system that ignores case files a name. Unicode's simple lower case after its upper case, and
 * composed: at least as much is folded as any such file system does, so a clash may be seen too early, never too late.
 */
export function foldName(name: ByteString): string {
  const text = textOfBytes(name);
  return text === undefined ? name : text.normalize("NFC").toUpperCase().toLowerCase();
}
