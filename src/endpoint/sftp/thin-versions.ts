import { uptime } from "node:os";

import type { ByteString } from "../../base/byte-string.ts";
import { bytesOfText, rawBytes } from "../../base/byte-string.ts";
import type { Name, RelPath } from "../../core/path.ts";
import { parentPath, rootPath } from "../../core/path.ts";
import {
  aboutThinning,
  formatThinningNote,
  parseThinningNote,
  thinningNoteBytes,
  thinningNoteName,
} from "../../core/thinning-note.ts";
import { parseStamp, recordName } from "../../core/version-stamp.ts";
import type { VersionRule } from "../../core/version-thinning.ts";
import { recordAge, survivors, thinningMoment } from "../../core/version-thinning.ts";
import { bootId } from "../../fs/boot-id.ts";
import { ownDirectory } from "../../fs/temp-names.ts";
import { EntryProblem } from "../endpoint.ts";
import { ignoringRefusal } from "./applier.ts";
import { isDirectory } from "./attributes.ts";
import { below } from "./host-path.ts";
import type { Tree } from "./kept-tree.ts";
import { eachOf, listTree, removeTree } from "./kept-tree.ts";
import type { Child } from "./list-directory.ts";
import { listDirectory } from "./list-directory.ts";
import { readWhole } from "./read-whole.ts";
import type { Session } from "./session.ts";
import { meaningOfStatus, statusOf } from "./status-error.ts";
import { storePath } from "./version-store.ts";
import { writeWhole } from "./write-whole.ts";

/** One directory of a run's. */
interface Layer {
  readonly name: Name;
  readonly at: number;
}

/** A store that is thinned. */
interface Store {
  readonly session: Session;
  readonly host: ByteString;
  readonly layers: readonly Layer[];
  readonly rule: VersionRule;
  /** Up to when time counts as passed. */
  readonly asOf: number;
}

export interface ThinningStart {
  readonly session: Session;
  readonly root: ByteString;
  readonly nextTemp: () => Name;
}

/**
 * Drops the old copies that the rule does not promise to keep. Time is that of this machine, since SFTP tells none. Returns
 * what has to be said, if anything: trouble here is no trouble of the run.
 */
export async function thinVersions(
  start: ThinningStart,
  rule: VersionRule,
  now: number,
): Promise<string | undefined> {
  if (rule.keep === "none") return undefined;
  try {
    return await thin(start, rule, now);
  } catch (error) {
    if (error instanceof EntryProblem) return error.message;
    if (statusOf(error) === undefined) throw error;
    return `old copies could not be thinned out: ${meaningOfStatus(error).message}`;
  }
}

async function thin(
  { session, root, nextTemp }: ThinningStart,
  rule: VersionRule,
  now: number,
): Promise<string | undefined> {
  const { client } = session;
  for (const path of [ownDirectory, storePath])
    if (!isDirectory(await client.lstat(below(root, path)))) return undefined;
  const host = below(root, storePath);
  const children = await listDirectory(client, host);
  const layers = layersOf(children);
  if (layers.length === 0) return undefined;
  const start = { boot: bootId() ?? "", uptime: Math.round(uptime() * 1000) };
  const stamps = layers.map(({ at }) => at);
  const last = parseThinningNote(await readNote(session, host, children));
  const moment = thinningMoment({ now, ...start, stamps, last });
  if (moment.type === "thin") {
    const { asOf } = moment;
    const store = { session, host, layers, rule, asOf };
    await (rule.keep === "trash" ? dropRuns(store) : dropPaths(store));
    const note = rawBytes(bytesOfText(formatThinningNote({ asOf, ...start })));
    await writeWhole(client, below(host, nextTemp()), below(host, noteName), note);
  }
  return aboutThinning(moment);
}

const noteName = bytesOfText(thinningNoteName);

/** Oldest first. */
function layersOf(children: readonly Child[]): Layer[] {
  return children
    .filter(({ attributes }) => isDirectory(attributes))
    .map(({ name }) => ({ name, at: parseStamp(name)?.at ?? Number.NaN }))
    .filter(({ at }) => !Number.isNaN(at))
    .sort((a, b) => a.at - b.at);
}

async function readNote(
  session: Session,
  host: ByteString,
  children: readonly Child[],
): Promise<string | undefined> {
  const size = children.find(({ name }) => name === noteName)?.attributes.size;
  if (size === undefined || size > thinningNoteBytes) return undefined;
  return readWhole(session, below(host, noteName), size);
}

/** Whole runs that are too old. */
async function dropRuns(store: Store): Promise<void> {
  const { layers, rule, asOf } = store;
  const keep = survivors(
    rule,
    layers.map(({ at }) => at),
    asOf,
  );
  for (const [i, layer] of layers.entries()) if (keep[i] !== true) await dropLayer(store, layer);
}

async function dropLayer({ session: { client }, host }: Store, { name }: Layer): Promise<void> {
  await removeTree(client, host, name);
  await ignoringRefusal(client.remove(below(host, recordName(name) as Name)));
}

/** Path by path; then directories that hold nothing any more. */
async function dropPaths(store: Store): Promise<void> {
  const { session, host, layers, rule, asOf } = store;
  const { client } = session;
  const copies = new Map<RelPath, Layer[]>();
  const empty: Layer[] = [];
  for (const layer of layers) {
    const tree = await listTree(client, below(host, layer.name));
    if (tree.size === 0) empty.push(layer);
    for (const path of leavesOf(tree)) {
      const list = copies.get(path);
      if (list === undefined) copies.set(path, [layer]);
      else list.push(layer);
    }
  }
  const dropped: [RelPath, Layer][] = [];
  for (const [path, list] of copies) {
    const keep = survivors(
      rule,
      list.map(({ at }) => at),
      asOf,
    );
    for (const [i, layer] of list.entries()) if (keep[i] === false) dropped.push([path, layer]);
  }
  await eachOf(dropped, ([path, layer]) => dropCopy(store, layer, path));
  const oldest = asOf - recordAge(rule);
  for (const layer of empty) if (layer.at < oldest) await dropLayer(store, layer);
}

/** Everything but directories that hold something. */
function leavesOf(tree: Tree): RelPath[] {
  const holders = new Set<RelPath>([rootPath]);
  for (const path of tree.keys()) holders.add(parentPath(path));
  return [...tree.keys()].filter((path) => !holders.has(path));
}

/** With the directories around it that hold nothing any more. */
async function dropCopy(
  { session: { client }, host }: Store,
  { name }: Layer,
  path: RelPath,
): Promise<void> {
  const top = below(host, name);
  const found = await client.lstat(below(top, path));
  if (!isDirectory(found)) await client.remove(below(top, path));
  const first = isDirectory(found) ? path : parentPath(path);
  for (let at = first; at !== rootPath; at = parentPath(at)) {
    try {
      await client.rmdir(below(top, at));
    } catch (error) {
      // It still holds something, or another one has been faster.
      if (statusOf(error) === undefined) throw error;
      return;
    }
  }
}
