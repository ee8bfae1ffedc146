import type { ByteString } from "../base/byte-string.ts";
import { bytesOfText, textOfBytes } from "../base/byte-string.ts";
import { SyncError } from "../base/errors.ts";
import type { Location } from "../core/location.ts";
import { parsePort, splitUser, toAddress } from "./host-address.ts";

/**
 * Takes a location as typed apart. Whatever holds a colon before its first slash is on another host, as for ssh and rsync.
 * Throws a usage error.
 */
export function parseLocation(text: string): Location {
  if (text === "") throw new SyncError("USAGE", "a location is empty");
  if (text.includes("\0")) throw new SyncError("USAGE", "a location holds a NUL byte");
  const url = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/]*)(.*)$/s.exec(text);
  if (url !== null) return parseUrl(text, url[1]!.toLowerCase(), url[2]!, url[3]!);
  const host = /^((?:[^/:]*@)?\[[^\]/]*\]|[^/:]*):(.*)$/s.exec(text);
  if (host !== null) return parseHostAndPath(text, host[1]!, host[2]!);
  return { type: "local", typed: text, path: text };
}

/** `[user@]host:dir`, where everything after the colon is a path as it stands. */
function parseHostAndPath(typed: string, authority: string, path: string): Location {
  if (path.startsWith(":")) {
    throw new SyncError("USAGE", `${typed}: a path on another host cannot begin with a colon`, {
      hint: "An IPv6 address is written in brackets, and such a path host:./:dir; daemons of rsync are not spoken to.",
    });
  }
  const { user, rest } = splitUser(typed, authority);
  const address = toAddress(typed, { user, host: rest, port: undefined });
  return { type: "ssh", typed, address, path: normalPath(typed, bytesOfText(path), "./") };
}

function parseUrl(typed: string, scheme: string, authority: string, path: string): Location {
  if (scheme !== "ssh" && scheme !== "sftp") {
    throw new SyncError("USAGE", `${typed}: locations of the kind ${scheme}:// are not known`, {
      hint: "There are ssh://, sftp://, host:dir, and local paths.",
    });
  }
  const { user, rest } = splitUser(typed, authority);
  if (user?.includes(":") === true) {
    throw new SyncError("USAGE", "a location cannot hold a password", {
      hint: "Use --password-from, or an ssh key.",
    });
  }
  const parts = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(rest);
  if (parts === null) throw new SyncError("USAGE", `${typed}: the host or the port is not valid`);
  const address = toAddress(typed, {
    user: user === undefined ? undefined : decodeText(typed, user),
    host: decodeText(typed, parts[1]!),
    port: parts[2] === undefined ? undefined : parsePort(typed, parts[2]),
  });
  return { type: scheme, typed, address, path: urlPath(typed, path) };
}

/** Absolute, but for what begins with `/~/`. A tilde that is a name of its own is written `%7E`. */
function urlPath(typed: string, path: string): ByteString {
  const home = /^\/~(?=\/|$)/.exec(path);
  const raw = home === null ? path : path.slice(2).replace(/^\/+/, "");
  if (home === null && path.startsWith("/~")) throw foreignHome(typed, "/%7E");
  const bytes = decodeBytes(typed, raw);
  if (bytes.includes("\0")) throw new SyncError("USAGE", `${typed}: the path holds a NUL byte`);
  return tidy(bytes);
}

function normalPath(typed: string, path: ByteString, escape: string): ByteString {
  if (path === "~" || path.startsWith("~/")) return tidy(path.slice(1).replace(/^\/+/, ""));
  if (path.startsWith("~")) throw foreignHome(typed, escape);
  return tidy(path);
}

function foreignHome(typed: string, escape: string): SyncError {
  return new SyncError("USAGE", `${typed}: home directories of others have no short form here`, {
    hint: `Give the full path; a name that begins with a tilde is written ${escape}…`,
  });
}

/** Without what means nothing: slashes at the end or in a row, and steps to where one is. */
function tidy(path: string): ByteString {
  const names = path.split("/").filter((name) => name !== "" && name !== ".");
  return `${path.startsWith("/") ? "/" : ""}${names.join("/")}` as ByteString;
}

function decodeBytes(typed: string, text: string): ByteString {
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) {
    throw new SyncError("USAGE", `${typed}: a percent sign without two hexadecimal digits`, {
      hint: "A percent sign itself is written %25.",
    });
  }
  const decode = (_: string, digits: string): string =>
    String.fromCharCode(Number.parseInt(digits, 16));
  return bytesOfText(text).replaceAll(/%([0-9A-Fa-f]{2})/g, decode) as ByteString;
}

function decodeText(typed: string, text: string): string {
  const decoded = textOfBytes(decodeBytes(typed, text));
  if (decoded === undefined) {
    throw new SyncError("USAGE", `${typed}: the user or the host is not valid UTF-8`);
  }
  return decoded;
}
