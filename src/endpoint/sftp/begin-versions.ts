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
import { openFlags } from "./protocol.ts";
import { setNamed } from "./set-named.ts";
import type { SftpClient } from "./sftp-client.ts";
import { statusOf } from "./status-error.ts";
import { aboutStore, storePath } from "./version-store.ts";

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
  const { client, root } = start;
  try {
    await openOwn(client, root, ownDirectory);
    await openOwn(client, below(root, ownDirectory), versionsName as Name);
    await checkFileSystem(client, root);
    const store = below(root, storePath);
    const stamp = await claim(client, store, at);
    await writeRecord(start, below(store, recordName(stamp) as Name), await record(stamp));
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

async function writeRecord(
  { client, root, nextTemp }: VersionsStart,
  host: ByteString,
  text: string,
): Promise<void> {
  const temp = below(below(root, storePath), nextTemp());
  const content = rawBytes(bytesOfText(text));
  const flags = openFlags.write | openFlags.create | openFlags.exclusive;
  const handle = await client.open(temp, flags, 0o600);
  try {
    for (let at = 0; at < content.length; at += recordPiece) {
      const piece = content.subarray(at, at + recordPiece);
      await client.gate.enter(piece.length);
      await client.write(handle, at, piece);
    }
    await client.close(handle);
    await client.rename(temp, host);
  } catch (error) {
    await ignoringRefusal(client.remove(temp));
    throw error;
  }
}

/** Bytes of one write. */
const recordPiece = 32 * 1024;
