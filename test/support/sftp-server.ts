/** OpenSSH's own SFTP server, started directly: what it says is what it says behind ssh. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import type { Readable, Writable } from "node:stream";

import type { Transport } from "../../src/wire/transport.ts";

const places = [
  "/usr/lib/openssh/sftp-server",
  "/usr/libexec/openssh/sftp-server",
  "/usr/lib/ssh/sftp-server",
  "/usr/libexec/sftp-server",
];

/** Where the server is; a machine without one cannot say anything about this driver. */
export function sftpServerPath(): string {
  const found = places.find((path) => existsSync(path));
  if (found === undefined) throw new Error("no sftp-server is installed (openssh-sftp-server)");
  return found;
}

export interface ServerOptions {
  /** Whom it runs as; as everybody else does not matter to it. */
  readonly uid?: number;
  readonly flags?: readonly string[];
}

/** A server of its own, and the bytes to and from it. It ends with its input. */
export function startSftpServer(dir: string, { uid, flags = [] }: ServerOptions = {}): Transport {
  const child = spawn(sftpServerPath(), ["-e", "-d", dir, ...flags], {
    cwd: dir,
    stdio: ["pipe", "pipe", "inherit"],
    ...(uid !== undefined && { uid, gid: uid }),
  });
  return pipeTransport(child.stdin, child.stdout, () => child.kill());
}

function pipeTransport(to: Writable, from: Readable, end: () => void): Transport {
  let [sent, received] = [0, 0];
  let draining: Promise<void> | undefined;
  to.on("error", () => {});
  return {
    write(bytes) {
      sent += bytes.length;
      if (to.write(bytes)) return undefined;
      draining ??= new Promise<void>((resolve) => {
        const go = (): void => {
          draining = undefined;
          resolve();
        };
        to.once("drain", go);
        to.once("close", go);
      });
      return draining;
    },
    incoming: (async function* () {
      for await (const chunk of from as AsyncIterable<Buffer>) {
        received += chunk.length;
        yield chunk;
      }
    })(),
    traffic: () => ({ sent, received }),
    destroy() {
      to.destroy();
      end();
    },
  };
}
