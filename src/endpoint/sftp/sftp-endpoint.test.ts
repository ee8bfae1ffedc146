import { chmodSync, readdirSync } from "node:fs";

import type { EndpointPlace } from "../../../test/contract/endpoint-place.ts";
import { bytes } from "../../../test/contract/endpoint-place.ts";
import { describeEndpoint } from "../../../test/contract/endpoint.ts";
import { newDiskWorld } from "../../../test/contract/disk-place.ts";
import { startSftpServer } from "../../../test/support/sftp-server.ts";
import { openSftp } from "./sftp-endpoint.ts";

const isRoot = process.geteuid?.() === 0;
const nobody = 65_534;

async function openPlace(flags: readonly string[] = []): Promise<EndpointPlace> {
  const world = newDiskWorld();
  const { dir, at } = world;
  chmodSync(dir, 0o755);
  const opened: AsyncDisposable[] = [];
  let isSpoiled = false;
  return {
    ...world,
    open(root) {
      const options = isSpoiled && isRoot ? { uid: nobody, flags } : { flags };
      const connect = async () => startSftpServer(dir, options);
      const endpoint = openSftp(root, bytes(root), { name: "test", machine: dir, connect });
      opened.push(endpoint);
      return endpoint;
    },
    spoil(name) {
      isSpoiled = true;
      for (const path of readdirSync(dir, { recursive: true, encoding: "utf8" }))
        if (path.split("/").at(-1) === name) chmodSync(at(path), isRoot ? 0o700 : 0);
    },
    async [Symbol.asyncDispose]() {
      for (const endpoint of opened) await endpoint[Symbol.asyncDispose]();
      world[Symbol.dispose]();
    },
  };
}

/** Everything that OpenSSH has beyond the draft, by the names by which it can be denied. */
const additions = [
  "posix-rename",
  "statvfs",
  "fstatvfs",
  "hardlink",
  "fsync",
  "lsetstat",
  "limits",
  "expand-path",
  "copy-data",
];

describeEndpoint("sftp", openPlace);
describeEndpoint("sftp, without extensions,", () => openPlace(["-P", additions.join(",")]));
