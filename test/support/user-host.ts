import { chmodSync, chownSync } from "node:fs";

import type { Place } from "./place.ts";
import { sftpServerPath } from "./sftp-server.ts";
import type { Sshd } from "./sshd.ts";
import { startSshd } from "./sshd.ts";

/** `nobody`, since a server for SFTP wants its user to have a name. */
export const USER_THERE = 65_534;

/** Whoever logs in is an ordinary user, by whatever name. `place` is where that user finds Node. */
export async function startUserSshd(place: Place): Promise<Sshd> {
  const become = `exec setpriv --reuid ${USER_THERE} --regid ${USER_THERE} --clear-groups`;
  const sshd = await startSshd({
    programs: { node: `${place.repositoryForAll()}/node_modules/node/bin/node` },
    force: [
      `[ "$SSH_ORIGINAL_COMMAND" != internal-sftp ] || ${become} ${sftpServerPath()}`,
      `${become} sh -c "$SSH_ORIGINAL_COMMAND"`,
    ].join("\n"),
  });
  // The way to the programs, and the home.
  chmodSync(sshd.dir, 0o711);
  chownSync(sshd.home, USER_THERE, USER_THERE);
  return sshd;
}
