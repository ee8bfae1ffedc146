import type { ByteString } from "../../base/byte-string.ts";
import { shownBytes } from "../../base/byte-string.ts";
import { SyncError } from "../../base/errors.ts";
import { DIRECTORY, FILE, SYMLINK } from "../../core/snapshot.ts";
import type { RootInfo } from "../endpoint.ts";
import type { Attributes } from "./attributes.ts";
import { absolutePath, below, lastName, parentOf } from "./host-path.ts";
import type { Handle } from "./packet-writer.ts";
import type { Listed } from "./replies.ts";
import type { Session } from "./session.ts";
import { meaningOfStatus, statusOf } from "./status-error.ts";

/** What looking at a root's place gives beyond {@link RootInfo}. */
export interface RootPlace {
  readonly info: RootInfo;
  /** Where the root is, or would be: absolute, with the links on the way followed as far as it exists. */
  readonly path: ByteString;
  readonly foldsCase: boolean;
  /** The login may do anything. */
  readonly isPrivileged: boolean;
}

/** Files have no number there that tells one from another. */
const noIdentity = { dev: 0, inoHigh: 0, inoLow: 0 };

/** Looks at the root that a path names; a link at its end is followed. */
export async function inspectRoot(
  session: Session,
  location: string,
  typed: ByteString,
): Promise<RootPlace> {
  const { client } = session;
  const wanted = absolutePath(session.home, typed);
  const [own, found] = await Promise.all([
    client.lstat(wanted).catch(() => undefined),
    statOf(session, location, wanted),
  ]);
  const { existing, attributes, missing } = await nearestExisting(session, location, wanted, found);
  if (missing.length > 0 && attributes.kind !== DIRECTORY) {
    const message = `${location}: ${shownBytes(existing)} is not a directory`;
    throw new SyncError("ROOT_NOT_DIRECTORY", message);
  }
  const real = await client.realpath(existing);
  if (!real.startsWith("/")) {
    throw new SyncError("ENDPOINT_PROTOCOL", `${location}: the server gives no absolute path`);
  }
  const directory = attributes.kind === DIRECTORY ? real : parentOf(real);
  const [inside, room, isPrivileged] = await Promise.all([
    lookInside(session, directory),
    client.offers("statvfs") ? client.statvfs(directory) : undefined,
    hasAllRights(session),
  ]);
  const isMissing = missing.length > 0;
  const path = missing.reduce((at, name) => below(at, name), real);
  return {
    info: {
      kind: isMissing
        ? own?.kind === SYMLINK
          ? "dangling"
          : "missing"
        : kindOf(attributes, inside.isReadable),
      identity: noIdentity,
      lineage: lineageOf(real),
      missing: missing.map(shownBytes),
      mountPoint: undefined,
      device: 0,
      freeBytes: room?.freeBytes ?? Infinity,
      freeInodes: room?.freeInodes,
      realPath: shownBytes(path),
    },
    path,
    foldsCase: !isMissing && inside.foldsCase,
    isPrivileged,
  };
}

interface Existing {
  readonly existing: ByteString;
  readonly attributes: Attributes;
  readonly missing: readonly ByteString[];
}

async function nearestExisting(
  session: Session,
  location: string,
  wanted: ByteString,
  found: Attributes | undefined,
): Promise<Existing> {
  const missing: ByteString[] = [];
  let [existing, attributes] = [wanted, found];
  while (attributes === undefined) {
    if (existing === "/") throw new SyncError("ROOT_UNREADABLE", `${location}: there is no root`);
    missing.unshift(lastName(existing));
    existing = parentOf(existing);
    attributes = await statOf(session, location, existing);
  }
  return { existing, attributes, missing };
}

async function statOf(
  { client }: Session,
  location: string,
  path: ByteString,
): Promise<Attributes | undefined> {
  try {
    return await client.stat(path);
  } catch (cause) {
    const { message } = meaningOfStatus(cause);
    const hint = "Look at the permissions of the directories above it.";
    throw new SyncError("ROOT_UNREADABLE", `${location}: ${message}`, { cause, hint });
  }
}

function kindOf({ kind }: Attributes, isReadable: boolean): RootInfo["kind"] {
  if (kind === FILE) return "file";
  if (kind !== DIRECTORY) return "other";
  return isReadable ? "directory" : "unreadable";
}

/** The path and those of all directories above it: what else tells a directory from another one is not known. */
function lineageOf(real: ByteString): string[] {
  const out: string[] = [];
  for (let at = real; ; at = parentOf(at)) {
    out.push(`path:${at}`);
    if (at === "/") return out;
  }
}

interface Inside {
  readonly isReadable: boolean;
  readonly foldsCase: boolean;
}

async function lookInside({ client }: Session, directory: ByteString): Promise<Inside> {
  let handle: Handle;
  try {
    handle = await client.opendir(directory);
  } catch (error) {
    if (statusOf(error) === undefined) throw error;
    return { isReadable: false, foldsCase: false };
  }
  try {
    const listed = (await client.readdir(handle)) ?? [];
    return { isReadable: true, foldsCase: await foldsCaseIn(client, directory, listed) };
  } catch (error) {
    // Whatever is wrong with the directory, those who read it next will say so.
    if (statusOf(error) === undefined) throw error;
    return { isReadable: true, foldsCase: false };
  } finally {
    await client.close(handle);
  }
}

/** More than one, since the listing may go on, and have that other name further down. */
const namesToTry = 4;

/** Whether names are found under another case, which is not listed. */
async function foldsCaseIn(
  client: Session["client"],
  directory: ByteString,
  listed: readonly Listed[],
): Promise<boolean> {
  const names = new Set<string>(listed.map(({ name }) => name));
  const tried = [...names]
    .map((name) => [name, swapCase(name)] as const)
    .filter(([name, swapped]) => swapped !== name && !names.has(swapped))
    .slice(0, namesToTry);
  const found = await Promise.all(
    tried.map(([, swapped]) => client.lstat(below(directory, swapped as ByteString))),
  );
  return found.length > 0 && found.every((attributes) => attributes !== undefined);
}

/** Of ASCII letters: more would be a guess at what the bytes mean. */
function swapCase(name: string): string {
  const lower = name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  return lower === name ? name.replace(/[a-z]/g, (letter) => letter.toUpperCase()) : lower;
}

/**
 * Whether the login may give files away. A home directory of root's may also be that of somebody who was locked in there,
 * so root's directory is given to root: only root can do that, and it changes nothing but a ctime.
 */
async function hasAllRights({ client, home }: Session): Promise<boolean> {
  try {
    const attributes = await client.stat(home);
    if (attributes?.uid !== 0) return false;
    await client.setstat(home, { owner: { uid: attributes.uid, gid: attributes.gid } });
    return true;
  } catch (error) {
    if (statusOf(error) === undefined) throw error;
    return false;
  }
}
