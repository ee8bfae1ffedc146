import type { ByteString } from "../../base/byte-string.ts";
import type { Name, RelPath } from "../../core/path.ts";
import { joinPath, parentPath, rootPath } from "../../core/path.ts";
import { DIRECTORY } from "../../core/snapshot.ts";
import { layerName, versionsName } from "../../core/version-stamp.ts";
import { ownDirectory } from "../../fs/temp-names.ts";
import type { VersionsOfRun } from "../endpoint.ts";
import { EntryProblem } from "../endpoint.ts";
import { isDirectory } from "./attributes.ts";
import { below } from "./host-path.ts";
import { setNamed } from "./set-named.ts";
import type { SftpClient } from "./sftp-client.ts";
import { asEntryProblem, statusOf } from "./status-error.ts";

/** Where old copies are, below the root. */
export const storePath: RelPath = joinPath(ownDirectory, versionsName as Name);

/** More often than that no path is kept in one run. */
const mostLayers = 1000;
const workMode = 0o700;

/** Something else than a directory stands on the way. */
const taken = Symbol("taken");

/** Says of any trouble with the store what it means: the old copy could not be kept, and so nothing was done. */
export function aboutStore(error: unknown): EntryProblem {
  const { code, message } = asEntryProblem("target", error);
  const text = `its old copy cannot be kept in ${storePath}, so nothing was done: ${message}`;
  return new EntryProblem("target", code, text);
}

/**
 * A run's part of the version store: trees that mirror the replica. What has no room in the first of them, because another
 * thing was kept under that name or under one on the way, goes into the next.
 */
export class VersionStore {
  readonly #client: SftpClient;
  readonly #root: ByteString;
  readonly #run: VersionsOfRun;
  readonly #isPrivileged: boolean;
  /** Directories of the store that are there, or are being made. */
  readonly #made = new Map<RelPath, Promise<ByteString | typeof taken>>();
  readonly #claimed = new Set<ByteString>();

  constructor(client: SftpClient, root: ByteString, run: VersionsOfRun, isPrivileged: boolean) {
    this.#client = client;
    this.#root = root;
    this.#run = run;
    this.#isPrivileged = isPrivileged;
  }

  /** A free name for what stands at a path, in a directory of the store that mirrors the one it is in. */
  spotFor(path: RelPath): Promise<ByteString> {
    return this.#inLayers(async (layer) => {
      const dir = await this.#directory(layer, parentPath(path));
      if (dir === taken) return undefined;
      const spot = below(dir, path.slice(path.lastIndexOf("/") + 1) as Name);
      if (this.#claimed.has(spot)) return undefined;
      this.#claimed.add(spot);
      return (await this.#client.lstat(spot)) === undefined ? spot : undefined;
    });
  }

  /** The store's own directory for one that goes. */
  directoryFor(path: RelPath): Promise<ByteString> {
    return this.#inLayers(async (layer) => {
      const dir = await this.#directory(layer, path);
      return dir === taken ? undefined : dir;
    });
  }

  async #inLayers(
    attempt: (layer: RelPath) => Promise<ByteString | undefined>,
  ): Promise<ByteString> {
    if ("problem" in this.#run) {
      const { code, message } = this.#run.problem;
      throw new EntryProblem("target", code, message);
    }
    try {
      for (let layer = 1; layer <= mostLayers; layer++) {
        const name = layerName(this.#run.stamp, layer) as Name;
        const found = await attempt(joinPath(storePath, name));
        if (found !== undefined) return found;
      }
    } catch (error) {
      throw aboutStore(error);
    }
    throw new EntryProblem("target", "blocked", "it was kept too often in this run");
  }

  /** The directory in a layer that mirrors the one at a path; made, with those above it, where nothing is. */
  #directory(layer: RelPath, path: RelPath): Promise<ByteString | typeof taken> {
    const there = path === rootPath ? layer : (`${layer}/${path}` as RelPath);
    const known = this.#made.get(there);
    if (known !== undefined) return known;
    const making = this.#make(layer, path, below(this.#root, there));
    this.#made.set(there, making);
    making.then(
      (made) => made === taken && this.#made.delete(there),
      () => this.#made.delete(there),
    );
    return making;
  }

  async #make(layer: RelPath, path: RelPath, host: ByteString): Promise<ByteString | typeof taken> {
    const above =
      path === rootPath ? await this.#home() : await this.#directory(layer, parentPath(path));
    if (above === taken) return taken;
    const found = await this.#client.lstat(host);
    if (found !== undefined) return isDirectory(found) ? host : taken;
    await this.#client.mkdir(host, workMode);
    if (path !== rootPath) await this.#likeOriginal(path, host);
    return host;
  }

  /** The store itself, if no link or file has taken its name. */
  async #home(): Promise<ByteString> {
    for (const path of [ownDirectory, storePath]) {
      if (isDirectory(await this.#client.lstat(below(this.#root, path)))) continue;
      throw new EntryProblem("target", "blocked", `${path} is no directory there`);
    }
    return below(this.#root, storePath);
  }

  /** Who could not look into the original directory must not look into its old copies. Whoever fills it, has to. */
  async #likeOriginal(path: RelPath, made: ByteString): Promise<void> {
    try {
      const original = await this.#client.lstat(below(this.#root, path));
      if (original === undefined || !isDirectory(original)) return;
      const { uid, gid, mode } = original;
      if (this.#isPrivileged)
        await setNamed(this.#client, made, DIRECTORY, { owner: { uid, gid } });
      await setNamed(this.#client, made, DIRECTORY, { mode: mode | workMode });
    } catch (error) {
      // It stays for its owner alone.
      if (statusOf(error) === undefined) throw error;
    }
  }
}
