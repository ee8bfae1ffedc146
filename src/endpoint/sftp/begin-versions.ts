import type { ByteString } from "../../base/byte-string.ts";
import { bytesOfText, rawBytes } from "../../base/byte-string.ts";
import type { Name } from "../../core/path.ts";
import { DIRECTORY } from "../../core/snapshot.ts";
import { formatStamp, parseStamp, recordName, versionsName } from "../../core/version-stamp.ts";
import { ownDirectory } from "../../fs/temp-names.ts";
import type { VersionsOfRun } from "../endpoint.ts";
import { EntryProblem } from "../endpoint.ts";
import { ignoringRefusal } from "./applier.ts";
import { isDirectory } from "./attributes.ts";
import { below } from "./host-path.ts";
import { listDirectory } from "./list-directory.ts";
import { setNamed } from "./set-named.ts";
import type { SftpClient } from "./sftp-client.ts";
import { statusOf } from "./status-error.ts";
import { aboutStore, storePath } from "./version-store.ts";
import { writeWhole } from "./write-whole.ts";

const ownMode = 0o700;

/** What beginning needs. */
export interface VersionsStart {
  readonly client: SftpClient;
  readonly root: ByteString;
  readonly nextTemp: () => Name;
}

/**
 * Makes a directory for what a run replaces and deletes, named by the moment or, where a clock has been set back, by the
 * one after the last run: the order of names is the order of runs. `record` is given the name and becomes the file beside it.
 */
export async function beginVersions(
  start: VersionsStart,
  at: number,
  record: (stamp: string) => string | Promise<string>,
): Promise<VersionsOfRun> {
  const { client, root, nextTemp } = start;
  try {
    await openOwn(client, root, ownDirectory);
    await openOwn(client, below(root, ownDirectory), versionsName as Name);
    await checkFileSystem(client, root);
    const store = below(root, storePath);
    const stamp = await claim(client, store, at);
    const content = rawBytes(bytesOfText(await record(stamp)));
    const temp = below(store, nextTemp());
    await writeWhole(client, temp, below(store, recordName(stamp) as Name), content);
    return { stamp };
  } catch (error) {
    const { code, message } = aboutStore(error);
    return { problem: { code, message } };
  }
}

/** Finds or makes a directory of Syncline's own, for its owner alone; the directory around it keeps its times. */
async function openOwn(client: SftpClient, dir: ByteString, name: Name): Promise<void> {
  const host = below(dir, name);
  const found = await client.lstat(host);
  if (found === undefined) {
    const around = await client.lstat(dir);
    await client.mkdir(host, ownMode);
    // Somebody else's directory, in which one may write: the next run puts its times right, if it can.
    if (around !== undefined)
      await ignoringRefusal(setNamed(client, dir, DIRECTORY, { mtimeSec: around.mtimeSec }));
    return;
  }
  if (!isDirectory(found)) {
    const message = `${name} is a link or a file there, and no directory`;
    throw new EntryProblem("target", "blocked", message);
  }
  if ((found.mode & 0o077) === 0) return;
  await ignoringRefusal(setNamed(client, host, DIRECTORY, { mode: found.mode & ~0o077 }));
}

/** A rename into another file system would fail with every path; it is said once, and before anything is done. */
async function checkFileSystem(client: SftpClient, root: ByteString): Promise<void> {
  if (!client.offers("statvfs")) return;
  const hosts = [root, below(root, storePath)];
  const [here, there] = await Promise.all(hosts.map((host) => client.statvfs(host)));
  if (here?.id === there?.id) return;
  throw new EntryProblem("target", "foreign-mount", "another file system is mounted there");
}

/** Two runs in one millisecond have two names. */
async function claim(client: SftpClient, store: ByteString, at: number): Promise<string> {
  const kept = await listDirectory(client, store);
  const last = kept.reduce((latest, { name }) => Math.max(latest, parseStamp(name)?.at ?? 0), 0);
  for (let next = Math.max(at, last + 1); ; next++) {
    const stamp = formatStamp(next);
    const host = below(store, stamp as Name);
    try {
      await client.mkdir(host, ownMode);
      return stamp;
    } catch (error) {
      const isTaken = statusOf(error) !== undefined && (await client.lstat(host)) !== undefined;
      if (!isTaken) throw error;
    }
  }
}
