import { attempts, mostGrowth } from "../../core/changed-file.ts";
import type { ChunkList } from "../../core/chunk-list.ts";
import type { FileEntry } from "../../core/entry.ts";
import type { RelPath } from "../../core/path.ts";
import { FILE } from "../../core/snapshot.ts";
import { readAttributesOf } from "../../fs/attributes.ts";
import type { Directories } from "../../fs/directories.ts";
import { openDirectories } from "../../fs/directories.ts";
import type { Descriptor, FileDriver, Stat } from "../../fs/driver.ts";
import type { Hasher } from "../../fs/hasher.ts";
import { newStat } from "../../fs/stat.ts";
import type { PackWriter } from "../../wire/pack-writer.ts";
import { sizeBytes } from "../../core/content-hash.ts";
import { EntryProblem } from "../endpoint.ts";
import type { PackJob } from "./jobs.ts";
import { countedBytes } from "./jobs.ts";
import type { DeltaReader } from "./read-delta.ts";
import { openDelta } from "./read-delta.ts";
import {
  changedOften,
  changedSincePlan,
  isPlanned,
  isSameMoment,
  isUntouched,
  noFile,
  pause,
  waitOutTick,
} from "./source-file.ts";

/** Reads files into packs, one at a time, over as many packs as it takes. */
export interface FileReader {
  readonly driver: FileDriver;
  readonly dirs: Directories;
  readonly options: PackJob["options"];
  /** Of whole files: it is used up within one, over many packs. */
  readonly hasher: Hasher;
  /** Used up for one chunk after the other. */
  readonly chunkHasher: Hasher;
  readonly onBytes: (bytes: number) => void;
  /** All goes into one pack, however large a file has become. */
  readonly isOnePack: boolean;
  file: OpenFile | undefined;
  /** Lets go of the file in hand. */
  leave(): void;
}

interface OpenFile {
  readonly fd: Descriptor;
  readonly before: Stat;
  readonly attempt: number;
  /** An earlier attempt has been told of, and is void. */
  readonly isRestart: boolean;
  isTold: boolean;
  position: number;
  /** Where it is told of by what the other side has. */
  delta: DeltaReader | undefined;
}

/** One of the files that were asked for. */
export interface NumberedFile {
  readonly index: number;
  readonly path: RelPath;
  readonly entry: FileEntry;
  readonly basis: ChunkList | undefined;
}

/** A file up to this size that is as it was scanned is one record. */
const mostWhole = 256 * 1024;
const pieceBytes = 256 * 1024;
const after: Stat = newStat();

export interface PackHashers {
  readonly pack: Hasher;
  readonly file: Hasher;
}

export function openReader(
  driver: FileDriver,
  { root, options, counters, series }: PackJob,
  hashers: PackHashers,
): FileReader & Disposable {
  const dirs = openDirectories(driver, root, options.followLinks);
  const reader: FileReader & Disposable = {
    driver,
    dirs,
    options,
    hasher: hashers.file,
    // Packs are hashed when no chunk is in hand.
    chunkHasher: hashers.pack,
    onBytes: (bytes) => {
      counters[countedBytes]! += bytes;
    },
    isOnePack: series === undefined,
    file: undefined,
    leave() {
      if (reader.file !== undefined) driver.close(reader.file.fd);
      reader.file = undefined;
    },
    [Symbol.dispose]() {
      reader.leave();
      dirs[Symbol.dispose]();
    },
  };
  return reader;
}

/** Reads until the file is done (true) or the pack is full (false). Throws what is wrong with the file. */
export function readOn(reader: FileReader, writer: PackWriter, wanted: NumberedFile): boolean {
  reader.file ??= openFile(reader, wanted, { attempt: 1, isRestart: false });
  if (wanted.basis === undefined && !reader.file.isTold && tryWhole(reader, writer, wanted))
    return true;
  for (;;) {
    const { file } = reader;
    if (!file.isTold) tell(reader, writer, wanted);
    if (!(readChunks(reader, writer) ?? readPieces(reader, writer))) return false;
    const { size } = file.before;
    if (file.position === size && isStill(reader)) {
      writer.ends(size, reader.hasher.digest());
      reader.leave();
      return true;
    }
    reopen(reader, wanted);
  }
}

function openFile(
  reader: FileReader,
  { path, entry, basis }: NumberedFile,
  turn: Pick<OpenFile, "attempt" | "isRestart">,
): OpenFile {
  const { driver, dirs, options } = reader;
  const fd = dirs.openFile(path);
  try {
    const before = newStat();
    driver.statDescriptor(fd, before);
    if (before.kind !== FILE) throw noFile();
    if (options.asPlanned && !isPlanned(before, entry)) throw changedSincePlan();
    if (before.size > entry.size + mostGrowth) throw hasGrown();
    waitOutTick(before);
    const delta = basis === undefined ? undefined : openDelta(reader, fd, before.size, basis);
    return { fd, before, ...turn, isTold: false, position: 0, delta };
  } catch (error) {
    driver.close(fd);
    throw error;
  }
}

function hasGrown(): EntryProblem {
  const message = "it has grown since it was looked at; the next run will copy it";
  return new EntryProblem("source", "changed", message);
}

function reopen(reader: FileReader, wanted: NumberedFile): void {
  const { attempt, isTold, isRestart } = reader.file!;
  reader.leave();
  if (attempt === attempts) throw changedOften();
  pause(attempt);
  const turn = { attempt: attempt + 1, isRestart: isTold || isRestart };
  reader.file = openFile(reader, wanted, turn);
}

/** One record for a small file that is as it was scanned: by far the most of them. */
function tryWhole(reader: FileReader, writer: PackWriter, wanted: NumberedFile): boolean {
  for (;;) {
    const { fd, before } = reader.file!;
    const { size } = before;
    const hasHoles = before.blocks * 512 < size;
    const isPlain = size <= mostWhole && !hasHoles && isUntouched(before, wanted.entry);
    if (!isPlain || size !== wanted.entry.size) return false;
    const mark = writer.mark();
    const into = writer.whole(wanted.index, size);
    if (fillUp(reader, fd, into) === size && isStill(reader)) {
      reader.leave();
      return true;
    }
    writer.rewind(mark);
    reopen(reader, wanted);
  }
}

function fillUp({ driver, onBytes }: FileReader, fd: Descriptor, into: Uint8Array): number {
  let done = 0;
  while (done < into.length) {
    const read = driver.readAt(fd, into.subarray(done), into.length - done, done);
    if (read === 0) break;
    done += read;
    onBytes(read);
  }
  return done;
}

function isStill({ driver, file }: FileReader): boolean {
  driver.statDescriptor(file!.fd, after);
  return isSameMoment(file!.before, after);
}

/** Tells that a file begins, or begins anew, and what it is where it is not what was scanned. */
function tell(
  { driver, options, hasher, file }: FileReader,
  writer: PackWriter,
  { index, entry }: NumberedFile,
): void {
  const { fd, before, isRestart } = file!;
  hasher.begin();
  file!.isTold = true;
  const isKnown = isUntouched(before, entry) || options.asPlanned;
  const wantsAttributes = !isKnown && (options.xattrs || options.acls);
  const xattrs = wantsAttributes ? readAttributesOf(driver, fd, options) : undefined;
  const now = isKnown ? undefined : ({ ...before, kind: "file", xattrs } as const);
  if (isRestart) writer.restart(now);
  else writer.begins(index, now);
}

/** Reads chunks until the end of the file (true) or of the pack; `undefined` where the other side has nothing of it. */
function readChunks({ file, isOnePack }: FileReader, writer: PackWriter): boolean | undefined {
  const part = file!.delta?.readOn(writer, isOnePack);
  if (part === undefined) return undefined;
  file!.position += part.bytes;
  return part.isDone;
}

/** Reads pieces until the end of the file (true) or of the pack. */
function readPieces(reader: FileReader, writer: PackWriter): boolean {
  const { driver, file, isOnePack } = reader;
  const { fd, before } = file!;
  const isSparse = driver.features.holes && before.blocks * 512 < before.size;
  while (file!.position < before.size) {
    if (!isOnePack && writer.room < 4096) return false;
    const end = isSparse ? skipHole(reader, writer) : before.size;
    if (file!.position >= before.size) break;
    const most = isOnePack ? pieceBytes : Math.min(pieceBytes, writer.room);
    const room = Math.min(most, end - file!.position);
    const piece = writer.data(room);
    const read = driver.readAt(fd, piece, room, file!.position);
    writer.shorten(room, read);
    if (read === 0) return true;
    reader.hasher.update(piece.subarray(0, read));
    reader.onBytes(read);
    file!.position += read;
  }
  return true;
}

/** Tells of a hole that begins here, and returns where the data behind it ends. */
function skipHole({ driver, file, hasher }: FileReader, writer: PackWriter): number {
  const { fd, before, position } = file!;
  const data = Math.min(driver.seekData(fd, position), before.size);
  if (data > position) {
    writer.hole(data - position);
    hasher.update(sizeBytes(data - position));
    file!.position = data;
  }
  return data >= before.size ? data : Math.min(driver.seekHole(fd, data), before.size);
}
