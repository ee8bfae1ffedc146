/**
 * `endpoint` is the contract between a run and a place where a replica lives, and the drivers that keep it: `local` (this
 * machine's files), `agent` (another host's, through a program that runs there), `sftp` (where none can) and `memory` (for
 * tests). A driver never imports another one; what one cannot do it says in its capabilities. `ssh` is how the two in the
 * middle reach their hosts. This file is the contract; it knows no driver.
 */
import type { Filter } from "../core/filter.ts";
import type { RootIdentity } from "../core/root-identity.ts";
import type { ByteString } from "../base/byte-string.ts";
import type { ChunkedFile, ChunkList, KnownFile } from "../core/chunk-list.ts";
import type { HashAlgorithm, HashExtent } from "../core/content-hash.ts";
import type { FileEntry } from "../core/entry.ts";
import type { Name, RelPath } from "../core/path.ts";
import type { Action } from "../core/plan.ts";
import type { LinkMode, Preserve } from "../core/preserve.ts";
import type { VersionRule } from "../core/version-thinning.ts";
import type { Problem, Side } from "../core/problem.ts";
import type { SnapshotChunk } from "../core/snapshot.ts";

/** What an endpoint can keep and do. Nothing here is trouble: it is compared with, and worked around. */
export interface Capabilities {
  /** Resolution of mtimes, in nanoseconds: 1 is exact. */
  readonly timeResolution: number;
  /** What can be stored at all, whoever asks. */
  readonly keeps: Preserve;
  /** May give entries to other owners, and make devices. */
  readonly privileged: boolean;
  /** Times of symbolic links themselves can be set. */
  readonly linkTimes: boolean;
  readonly symlinks: boolean;
  /** Names that differ in case only are one name. */
  readonly foldsCase: boolean;
  /** File content can be shared instead of copied within the file system. */
  readonly reflink: boolean;
  /** Rows and content cross a connection: each that does not have to is time saved. */
  readonly remote: boolean;
}

/** What stands at a replica's root, and where that is. */
export interface RootInfo {
  readonly kind: "directory" | "missing" | "dangling" | "file" | "other" | "unreadable";
  /** Of the root, or of the nearest directory to it that exists, as rows of a scan have it. */
  readonly identity: RootIdentity;
  /**
   * Identity keys of the root and of every directory above it, the root first; for a missing root, of the nearest
   * directory that exists and those above. Bind mounts and links do not hide identity.
   */
  readonly lineage: readonly string[];
  /** For a missing root: the names still to be made below `lineage[0]`. */
  readonly missing: readonly string[];
  /** The mount point that holds the root, as text for people, where it can be known, and the identity of that mount. */
  readonly mountPoint: string | undefined;
  readonly device: number;
  readonly freeBytes: number;
  readonly freeInodes: number | undefined;
  /** Where the root really is, links resolved: for messages and for locks. */
  readonly realPath: string;
}

export interface ScanRequest {
  readonly side: Side;
  readonly filter: Filter;
  readonly links: LinkMode;
  readonly oneFileSystem: boolean;
  /** Reads each directory's own `.gitignore`; only ever asked of a source. */
  readonly ignoreFiles: boolean;
  readonly xattrs: boolean;
  readonly acls: boolean;
  /** Looks at the root and at this name in it, if it is there, and at nothing else. */
  readonly only?: Name;
  /**
   * Content will be compared with this replica's. Where both are at hand, a scan may do so on its way, for any of the files,
   * and flag rows as `SAME_CONTENT`; it leaves out what the scan of the other replica, asked likewise, does.
   */
  readonly contentOf?: Endpoint;
  /**
   * A driver that has rows sent to it may leave out those that are equal, and give copies of the other replica's instead:
   * such a row has no identity (device and inode 0) and nothing that is not compared.
   */
  readonly like?: Likeness;
}

/** One file that both replicas hold with equal size: is its content equal too? */
export interface ContentCheck {
  readonly path: RelPath;
  /** Bytes, of both. */
  readonly size: number;
  /** Where the source has it, if not at `path`. */
  readonly content?: RelPath;
  readonly source: FileEntry;
  readonly target: FileEntry;
}
export type ContentVerdict =
  | { readonly path: RelPath; readonly equal: boolean }
  | { readonly path: RelPath; readonly problem: Problem };

/** One file whose hash is wanted. */
export interface HashRequest {
  readonly path: RelPath;
  /** Bytes. */
  readonly size: number;
  readonly what: HashExtent;
  /** As it was scanned: what it is not any more is a problem, and no hash. */
  readonly entry: FileEntry;
}
export type HashVerdict =
  | { readonly path: RelPath; readonly digest: ByteString }
  | { readonly path: RelPath; readonly problem: Problem };

export interface ReadOptions {
  /** The source was scanned through its links. */
  readonly followLinks: boolean;
}

export interface HashOptions extends ReadOptions {
  readonly algorithm: HashAlgorithm;
  /** Whose side problems are said of. */
  readonly side: Side;
}

/** One file whose chunks are wanted, as it was scanned. */
export interface ChunkRequest {
  readonly path: RelPath;
  readonly entry: FileEntry;
}

export interface ChunkOptions extends ReadOptions {
  /** Whose files they are. */
  readonly side: Side;
  /**
   * All chunks of a file, in order; or a sample: chunks of a few places, most of which are the file's own, at the cost of
   * reading a few megabytes of it.
   */
  readonly extent: HashExtent;
}

/** Where a run's old copies go: the name of its directory, or why there is none, so that nothing may be given up. */
export type VersionsOfRun =
  | { readonly stamp: string }
  | { readonly problem: Pick<Problem, "code" | "message"> };

export interface ApplyOptions extends ReadOptions {
  readonly preserve: Preserve;
  /** Nanoseconds by which two mtimes may be apart and still be equal; none when not said. */
  readonly window?: number;
  /** The root is just the directory around a single file: its own metadata is nobody's to change. */
  readonly leavesRoot?: boolean;
  /** A file of the source has to be what the plan says, as somebody has seen it; else what it has become is as good. */
  readonly asPlanned?: boolean;
  /** Somebody has begun with this and been cut off: what is already as it shall be counts as done. */
  readonly again?: boolean;
  /**
   * By the path of a file that is to be put: files of the target that may have some of its content, as they are remembered; one
   * of them may be the file that it replaces. Others may be replaced by actions of the same call. What has become of a file
   * meanwhile is looked at before anything is taken from it. That there is such a thing at all asks for more:
   * {@link Outcome.chunks}.
   */
  readonly known?: ReadonlyMap<RelPath, readonly KnownFile[]>;
  /** What is replaced or removed is kept there, as {@link Endpoint.beginVersions} says; what cannot be kept, stays. */
  readonly versions?: VersionsOfRun;
}

/** A file whose content is wanted, as it was scanned. */
export interface WantedFile {
  readonly path: RelPath;
  readonly entry: FileEntry;
  /**
   * What whoever wants it has already: chunks of it may be named by their number, in these lists in a row, instead of being sent.
   * With a basis, even if there is nothing in it, all that is sent is cut into chunks.
   */
  readonly basis?: readonly ChunkList[];
}

export interface PackOptions extends ReadOptions {
  /** A file has to be what it was when it was scanned; else what it has become is as good, and is described anew. */
  readonly asPlanned: boolean;
  /** What is read of a file that has become another one. */
  readonly xattrs: boolean;
  readonly acls: boolean;
  /** Who unpacks understands packs that are compressed. */
  readonly compress: boolean;
  /** The number of the first file, where it is not 0: others have been read already. */
  readonly first?: number;
}

/**
 * Where a run's content comes from, for whoever cannot reach into it. A pack is up to a few megabytes of records, in the
 * form of `wire/pack.ts`: whole small files, or parts of large ones, in the order of `files`. Its memory is the reader's.
 */
export interface ContentSource {
  /** As typed, for messages. */
  readonly location: string;
  /** Whether {@link WantedFile.basis} makes a difference. To find out what one has already may mean to read it all. */
  readonly usesBasis: boolean;
  /** After the signal aborts, a file in hand is finished and no other one begun. */
  readFiles(
    files: readonly WantedFile[],
    options: PackOptions,
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array>;
}

/**
 * Rows that a scan's rows are going to be compared with, and when two count as equal: kind, flags, name, size of a file, mtime of
 * a file and of whatever `preserve` keeps times of, targets of links, numbers of devices, and all that `preserve` says. A name of
 * a file that has several, on either side, is like nothing where `preserve` keeps hard links.
 */
export interface Likeness {
  /**
   * The other replica's scan, which may end before all has been seen. Whoever takes it reads on as fast as it can, or ends
   * it: rows that others have read and it has not are held for it. A chunk may be kept, but not be changed.
   */
  readonly chunks: AsyncIterable<SnapshotChunk>;
  readonly preserve: Preserve;
  /** Nanoseconds: mtimes count in whole multiples of this, rounded down. Never coarser than what the endpoint keeps. */
  readonly timeResolution: number;
}

/**
 * What became of one action that was begun. `bytes` were written; `shared` were reflinked instead. An action may be done
 * and have a problem: content in place, but not all of its metadata.
 */
export interface Outcome {
  readonly action: Action;
  readonly done: boolean;
  readonly bytes: number;
  readonly shared: number;
  readonly problem?: Problem;
  /** Of a large file that was put in place, what it is now and consists of, where that has come out on the way. */
  readonly chunks?: ChunkedFile;
}

/** Running counters that a printer may look at whenever it likes. They only grow. */
export interface Progress {
  readonly entries: number;
  readonly files: number;
  readonly bytes: number;
}

/** A live connection to one replica. Every method may be called while another is under way, but `apply` once at a time. */
export interface Endpoint extends ContentSource, AsyncDisposable {
  /** Names the machine, or the world of its own, in which identities of this endpoint can be compared. */
  readonly machine: string;
  /** Known after {@link Endpoint.root}. */
  readonly capabilities: Capabilities;

  /** Looks at the root. Throws only where the endpoint itself is out of reach. */
  root(): Promise<RootInfo>;
  /** Makes the missing root, and the directories above it. */
  makeRoot(): Promise<void>;

  /**
   * The whole tree, in path order, the root first. What cannot be read is a problem row. Throws `SyncError` where the
   * root itself cannot be read.
   */
  scan(request: ScanRequest, signal: AbortSignal): AsyncIterable<SnapshotChunk>;

  /**
   * The content of one file, if it still is the file that `expected` says; throws `EntryProblem` otherwise. It says that of
   * the source, since it does not know for whom it reads.
   */
  read(
    path: RelPath,
    expected: FileEntry,
    options: ReadOptions,
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array>;

  /** Compares content with the source's, where both are at hand for this driver; `undefined` where they are not. */
  compareContent(
    checks: readonly ContentCheck[],
    source: Endpoint,
    options: ApplyOptions,
    signal: AbortSignal,
  ): Promise<ContentVerdict[]> | undefined;

  /**
   * Hashes files where they are. A verdict for every request, in the same order; a file that is not, or does not stay, what
   * its entry says (size, mtime, and ctime where that is known) has the problem `changed`. Path order is fastest.
   */
  hash(
    requests: readonly HashRequest[],
    options: HashOptions,
    signal: AbortSignal,
  ): Promise<HashVerdict[]>;

  /**
   * What files consist of, for whoever wants to send only what is new: a list for every request, in the same order; `undefined`
   * for a file that cannot be read, or is not, or does not stay, what its entry says, as {@link Endpoint.hash} has it. A driver
   * that would have to fetch the content may know of none.
   */
  chunks(
    requests: readonly ChunkRequest[],
    options: ChunkOptions,
    signal: AbortSignal,
  ): Promise<readonly (ChunkList | undefined)[]>;

  /**
   * Makes a directory in the replica's own for what a run is about to replace or remove; `at` is the moment that names it, in
   * milliseconds since the epoch. `record` is handed the name and gives the text of the file beside it.
   */
  beginVersions(
    at: number,
    record: (stamp: string) => string | Promise<string>,
  ): Promise<VersionsOfRun>;

  /**
   * Carries out actions of one phase. `ordered` keeps them in order and one at a time; otherwise they may run at once.
   * Outcomes come as they fall. After `signal` aborts, files in hand are finished and nothing more is begun.
   */
  apply(
    actions: readonly Action[],
    ordered: boolean,
    source: ContentSource,
    options: ApplyOptions,
    signal: AbortSignal,
  ): AsyncIterable<Outcome[]>;

  /** Makes everything written so far durable. */
  flush(): Promise<void>;
  /** Lets old copies go that the rule does not keep; `at` in milliseconds since the epoch. Returns what to tell people, if anything. */
  thinVersions(rule: VersionRule, at: number): Promise<string | undefined>;
  progress(): Progress;
  /**
   * Bytes that have crossed this endpoint's connection so far, as they crossed it, for whichever of the endpoints that
   * share it; all zero where there is none, or where others have made it for themselves.
   */
  traffic(): Traffic;
}

export interface Traffic {
  readonly sent: number;
  readonly received: number;
}

/** Thrown inside a driver for trouble with one path; `apply`, `compareContent` and `hash` turn it into data. */
export class EntryProblem extends Error {
  readonly code: Problem["code"];
  readonly side: Side;

  constructor(side: Side, code: Problem["code"], message: string) {
    super(message);
    this.name = "EntryProblem";
    this.side = side;
    this.code = code;
  }
}
