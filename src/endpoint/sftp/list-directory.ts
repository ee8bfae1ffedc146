import type { ByteString } from "../../base/byte-string.ts";
import { parseName } from "../../core/path.ts";
import type { Name } from "../../core/path.ts";
import { PROBLEM } from "../../core/snapshot.ts";
import { EntryProblem } from "../endpoint.ts";
import type { Attributes } from "./attributes.ts";
import { below } from "./host-path.ts";
import type { Listed } from "./replies.ts";
import { statusOf } from "./status-error.ts";
import type { SftpClient } from "./sftp-client.ts";

/** One name of a directory. */
export interface Child {
  readonly name: Name;
  readonly attributes: Attributes;
}

/** Names in one directory; nothing that anybody has is larger. */
const mostNames = 20_000_000;

/**
 * Everything in a directory, sorted by bytes. A listing that breaks anywhere rejects as a whole: it is never cut short.
 * A server that lists what is no name is not to be talked to any more.
 */
export async function listDirectory(client: SftpClient, path: ByteString): Promise<Child[]> {
  const handle = await client.opendir(path);
  const listed: Listed[] = [];
  try {
    // Most directories fit into the first answer; the second one says so, and is asked for at once.
    let next = client.readdir(handle);
    for (let names; ;) {
      const ahead = client.readdir(handle);
      ahead.catch(() => {});
      names = await next;
      if (names === undefined) break;
      for (const one of names) listed.push(one);
      if (listed.length > mostNames) throw client.connection.nonsense("a directory without end");
      next = ahead;
    }
  } finally {
    // Nobody waits for this; what it may say is of no use.
    client.close(handle).catch(() => {});
  }
  await requireComplete(client, path, listed);
  return sortChildren(await childrenOf(client, path, listed));
}

/** No server takes paths that are not at least so much longer, and no name is. */
const surelyShort = 700;
const longestName = 255;

/**
 * COMPAT: OpenSSH's server leaves out whatever it cannot look at. A directory that may be listed and not entered has nothing in
 * it then, not even itself; and names are missing where their paths would be too long. Rejects where that can be.
 */
async function requireComplete(
  client: SftpClient,
  path: ByteString,
  listed: readonly Listed[],
): Promise<void> {
  if (listed.length === 0) await client.lstat(below(path, "." as ByteString));
  if (path.length < surelyShort) return;
  try {
    // As long as a path to a name in it can be, and of names that every file system takes.
    await client.lstat(`${path}${"/x".repeat(Math.ceil(longestName / 2))}` as ByteString);
  } catch (error) {
    if (statusOf(error) === undefined) throw error;
    const message = "paths below it are too long for the SFTP server";
    throw new EntryProblem("target", "too-deep", message);
  }
}

async function childrenOf(
  client: SftpClient,
  path: ByteString,
  listed: readonly Listed[],
): Promise<Child[]> {
  const out: Child[] = [];
  for (const { name, attributes } of listed) {
    if (name === "." || name === "..") continue;
    const parsed = parseName(name);
    if (parsed === undefined) throw client.connection.nonsense("a directory lists what is no name");
    if (attributes.kind !== PROBLEM) out.push({ name: parsed, attributes });
    else {
      // COMPAT: some servers list names and little else.
      const known = await client.lstat(below(path, name));
      if (known !== undefined) out.push({ name: parsed, attributes: known });
    }
  }
  return out;
}

/** A directory that changes under a listing may give a name twice. */
function sortChildren(children: Child[]): Child[] {
  children.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return children.filter(({ name }, i) => name !== children[i - 1]?.name);
}
