import type { Capabilities } from "../endpoint.ts";
import type { RootPlace } from "./root-place.ts";
import type { Session } from "./session.ts";

/**
 * What can be kept over SFTP: whole seconds, modes, owners by number, links. Hard links can be made but, without inode
 * numbers, never recognised; devices, fifos and sockets can be seen but not made.
 */
export function capabilitiesOf(
  { client }: Session,
  { foldsCase, isPrivileged }: Pick<RootPlace, "foldsCase" | "isPrivileged">,
): Capabilities {
  return {
    timeResolution: 1e9,
    keeps: {
      mode: true,
      times: true,
      owner: true,
      group: true,
      xattrs: false,
      acls: false,
      hardlinks: false,
      devices: false,
      specials: false,
    },
    privileged: isPrivileged,
    linkTimes: client.offers("lsetstat"),
    symlinks: true,
    foldsCase,
    reflink: false,
    remote: true,
  };
}
