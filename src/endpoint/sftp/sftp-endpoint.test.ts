import { chmodSync, linkSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";

import type { EndpointPlace } from "../../../test/contract/endpoint-place.ts";
import { bytes, directoriesAbove, modelOf } from "../../../test/contract/endpoint-place.ts";
import { describeEndpoint } from "../../../test/contract/endpoint.ts";
import { makeOnDisk, newDirectory, seeDisk, setTimeOnDisk } from "../../../test/model/disk.ts";
import { startSftpServer } from "../../../test/support/sftp-server.ts";
import { openSftp } from "./sftp-endpoint.ts";

const isRoot = process.geteuid?.() === 0;
const nobody = 65_534;

async function openPlace(flags: readonly string[] = []): Promise<EndpointPlace> {
  const dir = newDirectory();
  chmodSync(dir.path, 0o755);
  const at = (path: string): string => `${dir.path}/${path}`;
  const bytesAt = (path: string): Buffer => Buffer.from(at(path), "latin1");
  const opened: AsyncDisposable[] = [];
  let isSpoiled = false;
  return {
    open(root) {
      const options = isSpoiled && isRoot ? { uid: nobody, flags } : { flags };
      const connect = async () => startSftpServer(dir.path, options);
      const endpoint = openSftp(root, bytes(root), { name: "test", machine: dir.path, connect });
      opened.push(endpoint);
      return endpoint;
    },
    make(path, made) {
      rmSync(bytesAt(path), { recursive: true, force: true });
      for (const above of directoriesAbove(path)) mkdirSync(bytesAt(above), { recursive: true });
      makeOnDisk(at(path), modelOf(made));
    },
    link: (path, from) => linkSync(bytesAt(from), bytesAt(path)),
    remove: (path) => rmSync(bytesAt(path), { recursive: true }),
    rewrite(path, content, mtime) {
      writeFileSync(bytesAt(path), content, "latin1");
      setTimeOnDisk(at(path), mtime);
    },
    spoil(name) {
      isSpoiled = true;
      for (const path of readdirSync(dir.path, { recursive: true, encoding: "utf8" }))
        if (path.split("/").at(-1) === name) chmodSync(at(path), isRoot ? 0o700 : 0);
    },
    look: (path) => seeDisk(at(path)),
    async [Symbol.asyncDispose]() {
      for (const endpoint of opened) await endpoint[Symbol.asyncDispose]();
      dir[Symbol.dispose]();
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
