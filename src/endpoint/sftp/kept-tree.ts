import type { ByteString } from "../../base/byte-string.ts";
import type { Name, RelPath } from "../../core/path.ts";
import { depthOf, joinPath, rootPath } from "../../core/path.ts";
import { below } from "./host-path.ts";
import { isDirectory } from "./attributes.ts";
import { listDirectory } from "./list-directory.ts";
import type { SftpClient } from "./sftp-client.ts";

/** Directories that are listed at once, and names that are taken away at once. */
const atOnce = 64;

/** Everything below a directory: whether it is a directory, by path. */
export type Tree = ReadonlyMap<RelPath, boolean>;

export async function listTree(client: SftpClient, top: ByteString): Promise<Tree> {
  const out = new Map<RelPath, boolean>();
  const open: RelPath[] = [rootPath];
  while (open.length > 0) {
    const some = open.splice(0, atOnce);
    const listed = await Promise.all(some.map((path) => listDirectory(client, below(top, path))));
    for (const [i, children] of listed.entries()) {
      for (const { name, attributes } of children) {
        const path = joinPath(some[i]!, name);
        out.set(path, isDirectory(attributes));
        if (isDirectory(attributes)) open.push(path);
      }
    }
  }
  return out;
}

/** Removes a directory with everything below it, what lies deepest first. */
export async function removeTree(
  client: SftpClient,
  dir: ByteString,
  name: Name | RelPath,
): Promise<void> {
  const top = below(dir, name);
  const tree = await listTree(client, top);
  const leaves = [...tree].filter(([, isDirectory]) => !isDirectory).map(([path]) => path);
  await eachOf(leaves, (path) => client.remove(below(top, path)));
  const byDepth = new Map<number, RelPath[]>([[0, [rootPath]]]);
  for (const [path, isDirectory] of tree) {
    if (!isDirectory) continue;
    const depth = depthOf(path);
    byDepth.set(depth, [...(byDepth.get(depth) ?? []), path]);
  }
  for (const depth of [...byDepth.keys()].sort((a, b) => b - a))
    await eachOf(byDepth.get(depth)!, (path) => client.rmdir(below(top, path)));
}

export async function eachOf<T>(
  all: readonly T[],
  work: (one: T) => Promise<unknown>,
): Promise<void> {
  for (let from = 0; from < all.length; from += atOnce)
    await Promise.all(all.slice(from, from + atOnce).map(work));
}
