import type { ByteString } from "../base/byte-string.ts";
import { textOfBytes } from "../base/byte-string.ts";

/**
 * The key under which a file system that ignores case files a name. Unicode's lower case after its upper case, between
 * normal forms, since a letter's other case may be several characters: at least as much is folded as any such file
 * system does, so a clash may be seen too early, never too late.
 */
export function foldName(name: ByteString): string {
  const text = textOfBytes(name);
  return text === undefined
    ? name
    : text.normalize("NFD").toUpperCase().toLowerCase().normalize("NFC");
}

/** The same for a path: name by name, since what is no text in one of them says nothing of the others. */
export function foldPath(path: ByteString): string {
  return path
    .split("/")
    .map((name) => foldName(name as ByteString))
    .join("/");
}
