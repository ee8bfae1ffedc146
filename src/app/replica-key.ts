import { join, resolve } from "node:path";

import type { ByteString } from "../base/byte-string.ts";
import { bytesOfText, shownBytes } from "../base/byte-string.ts";
import type { Location } from "../core/location.ts";
import { locationKey } from "../core/location.ts";
import type { Name } from "../core/path.ts";
import type { RootInfo } from "../endpoint/endpoint.ts";

/** Where a place is, however it was typed. */
export interface Located {
  readonly where: Location;
  readonly root: RootInfo;
}

/**
 * Names a replica, or one file in it, in everything that is remembered. One of this machine is known by its path, one of
 * another host by a text that is none: `ssh://me@host/path`, also where the host turned out to speak nothing but SFTP. A host
 * has the name that was typed, since what that means is for the user's ssh configuration to say.
 */
export function replicaKey({ where, root: { realPath } }: Located, file?: Name): string {
  if (where.type === "local")
    return file === undefined ? realPath : join(realPath, shownBytes(file));
  const path = bytesOfText(realPath);
  const whole = file === undefined ? path : path === "/" ? `/${file}` : `${path}/${file}`;
  return locationKey({ ...where, type: "ssh", path: whole as ByteString });
}

/** Names the host of a place; nothing for this one. */
export function hostKey(where: Location): string {
  if (where.type === "local") return "";
  return locationKey({ ...where, type: "ssh", path: "/" as ByteString });
}

/** Where a location leads, from any directory: a location itself, by which the place is found again. */
export function fixedLocation(where: Location): string {
  return where.type === "local" ? resolve(where.path) : locationKey(where);
}
