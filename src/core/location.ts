import type { ByteString } from "../base/byte-string.ts";
import { bytesOfText } from "../base/byte-string.ts";

/** A host that OpenSSH can reach, in OpenSSH's words. */
export interface HostAddress {
  /** Name, alias of the user's ssh configuration, or IP address without brackets. Never begins with a dash. */
  readonly host: string;
  readonly user: string | undefined;
  readonly port: number | undefined;
}

/** An address as it was typed, taken apart. */
export type Location =
  | { readonly type: "local"; readonly typed: string; readonly path: string }
  /** Reached through the system's ssh. `sftp` asks for a host where nothing may be run. */
  | {
      readonly type: "ssh" | "sftp";
      readonly typed: string;
      readonly address: HostAddress;
      /** As bytes; relative to the user's home directory there unless it begins with `/`. Empty is the home itself. */
      readonly path: ByteString;
    };

export type RemoteLocation = Extract<Location, { type: "ssh" | "sftp" }>;

/** A canonical text for a remote location, which is a location itself: equal texts are the same place, reached likewise. */
export function locationKey({ type, address, path }: RemoteLocation): string {
  const { host, user, port } = address;
  const login = user === undefined ? "" : `${percentEncoded(bytesOfText(user))}@`;
  const name = host.includes(":") ? `[${host}]` : percentEncoded(bytesOfText(host));
  const at = `${type}://${login}${name}${port === undefined ? "" : `:${port}`}`;
  if (!path.startsWith("/")) return `${at}/~/${percentEncoded(path)}`;
  return at + percentEncoded(path).replace(/^\/~/, "/%7E");
}

function percentEncoded(bytes: ByteString): string {
  return bytes.replaceAll(/[^\w.~/-]/g, (byte) => {
    const digits = byte.charCodeAt(0).toString(16).toUpperCase();
    return `%${digits.padStart(2, "0")}`;
  });
}
