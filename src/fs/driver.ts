/**
 * `fs` is this machine's files: system calls behind one contract with two drivers, and what is built on them (walk, copy,
 * stage). It knows nothing of replicas, plans or the network, and it decides nothing.
 *
 * This file is the contract. Calls are synchronous and made from worker threads: measured, that is several times as
 * fast as promises. Everything below a root is reached from a held directory descriptor, one name at a time, and no call
 * follows a symbolic link but `openRoot`. Every failure is thrown as a `FileError`.
 */
import type { ByteString } from "../base/byte-string.ts";
import type { Name } from "../core/path.ts";

declare const brand: unique symbol;

/** Absolute path in the operating system's own form, as bytes. Never leaves this machine. */
export type HostPath = ByteString & { readonly [brand]: "HostPath" };

/** A file descriptor. The caller closes it. */
export type Descriptor = number & { readonly [brand]: "Descriptor" };

export type NodeKind = "fifo" | "socket" | "block-device" | "character-device";

/** What a driver can do beyond the contract's common ground. Gaps are declared here and never met by surprise. */
export interface DriverFeatures {
  /** Resolution of the times it reads and writes, in nanoseconds: 1 for libc, 1000 for portable. */
  readonly timeResolution: number;
  readonly xattrs: boolean;
  /** mkfifo, mknod. */
  readonly nodes: boolean;
  /** Times and owners of symbolic links themselves. */
  readonly linkMetadata: boolean;
  /** Rename that refuses to overwrite, and exchange of two names. */
  readonly renameFlags: boolean;
  /** Reflinks (FICLONE) and in-kernel copies. */
  readonly kernelCopy: boolean;
  /** Finding holes in files. */
  readonly holes: boolean;
  /** Flushing one whole file system. */
  readonly flush: boolean;
}

/**
 * What `stat` fills in: one object, used again and again, so that a scan allocates nothing. Fields as in `Metadata`;
 * `kind` is a row kind of `core/snapshot.ts`.
 */
export interface Stat {
  kind: number;
  size: number;
  mtimeSec: number;
  mtimeNs: number;
  ctimeSec: number;
  ctimeNs: number;
  birthSec: number;
  birthNs: number;
  mode: number;
  uid: number;
  gid: number;
  dev: number;
  inoHigh: number;
  inoLow: number;
  nlink: number;
  rdev: number;
  blocks: number;
}

/** Room on a file system. */
export interface FileSystemInfo {
  /** Bytes that this user may still write. */
  readonly freeBytes: number;
  /** Inodes left; `undefined` where the file system has no fixed number of them. */
  readonly freeInodes: number | undefined;
  /** `f_type`, which names the kind of file system (0x01021994 is tmpfs, 0x9123683E btrfs, 0xEF53 ext …); 0 unknown. */
  readonly type: number;
}

export type RenameMode = "replace" | "no-replace" | "exchange";

export interface FileDriver {
  readonly name: "libc" | "portable";
  readonly features: DriverFeatures;

  /** Opens a replica's root, or any directory named by an absolute path; a link at the end is followed. */
  openRoot(path: HostPath): Descriptor;
  /** Opens a directory for listing and as an anchor. ELOOP or ENOTDIR where it is a link or no directory. */
  openDirectory(dir: Descriptor, name: Name): Descriptor;
  /**
   * Opens a file for reading; never blocks on a fifo. ELOOP where it is a link. Whether it is the regular file that
   * was expected is for `statDescriptor` to tell: a name may have come to mean something else meanwhile.
   */
  openFile(dir: Descriptor, name: Name): Descriptor;
  /** Creates a new file for reading and writing, with mode 0600. EEXIST where the name is taken, by a link too. */
  createFile(dir: Descriptor, name: Name): Descriptor;
  close(fd: Descriptor): void;

  /**
   * All names in a directory, sorted by bytes, without `.` and `..`. An unreadable or broken listing throws: it is
   * never cut short in silence. It starts at the front each time.
   */
  list(dir: Descriptor): Name[];
  stat(dir: Descriptor, name: Name, out: Stat): void;
  statDescriptor(fd: Descriptor, out: Stat): void;
  readLink(dir: Descriptor, name: Name): ByteString;

  /** Reads at the descriptor's position; 0 at the end. `length` bytes at most, into the start of `buffer`. */
  read(fd: Descriptor, buffer: Uint8Array, length: number): number;
  /** Reads at `position` without moving the descriptor's own. */
  readAt(fd: Descriptor, buffer: Uint8Array, length: number, position: number): number;
  /** Writes all `length` bytes at `position`. */
  writeAt(fd: Descriptor, buffer: Uint8Array, length: number, position: number): void;
  truncate(fd: Descriptor, size: number): void;
  /** Reflinks the whole of `from` into the empty `to`: false where the file systems cannot. */
  clone(from: Descriptor, to: Descriptor): boolean;
  /**
   * Copies up to `length` bytes inside the kernel; -1 where it cannot, 0 at the end of `from` (and everywhere in files
   * of /proc and the like, whose content is made when read).
   */
  copyRange(from: Descriptor, to: Descriptor, position: number, length: number): number;
  /**
   * First position of data at or after `position`; the file's size, or beyond, where only a hole is left. Both seeks may
   * move the descriptor's own position.
   */
  seekData(fd: Descriptor, position: number): number;
  /** First position of a hole at or after `position`: the end of the file counts as one. */
  seekHole(fd: Descriptor, position: number): number;
  /** Flushes the whole file system that holds the descriptor; without the feature, does the descriptor alone. */
  flush(fd: Descriptor): void;
  fileSystem(fd: Descriptor): FileSystemInfo;

  /** Modes of what is made by name are cut by the process's umask, as the kernel does; `setMode` is not. */
  makeDirectory(dir: Descriptor, name: Name, mode: number): void;
  makeNode(dir: Descriptor, name: Name, kind: NodeKind, mode: number, rdev: number): void;
  makeSymlink(dir: Descriptor, name: Name, linkTarget: ByteString): void;
  /** Gives an existing file a second name. EEXIST where that is taken. Never follows. */
  makeLink(fromDir: Descriptor, from: Name, toDir: Descriptor, to: Name): void;
  /**
   * EINVAL or ENOSYS where the file system or the driver cannot do the mode asked for. "replace" between two names of one
   * file does nothing and leaves both, as POSIX has it.
   */
  rename(fromDir: Descriptor, from: Name, toDir: Descriptor, to: Name, mode: RenameMode): void;
  unlink(dir: Descriptor, name: Name): void;
  removeDirectory(dir: Descriptor, name: Name): void;

  setMode(fd: Descriptor, mode: number): void;
  /** Clears set-id bits and file capabilities: owner first, then attributes, then mode. */
  setOwner(fd: Descriptor, uid: number, gid: number): void;
  /** Sets the mtime, rounded down to `timeResolution`; the atime is left as it is. */
  setTimes(fd: Descriptor, mtimeSec: number, mtimeNs: number, access?: "now"): void;
  /** The same by name, for what cannot be opened: links, fifos, sockets, devices. Never follow. Links have no mode: ENOTSUP. */
  setModeAt(dir: Descriptor, name: Name, mode: number): void;
  setOwnerAt(dir: Descriptor, name: Name, uid: number, gid: number): void;
  setTimesAt(dir: Descriptor, name: Name, mtimeSec: number, mtimeNs: number, access?: "now"): void;

  /** Names of the extended attributes, sorted; empty where there are none or the file system has no such thing. */
  listXattrs(dir: Descriptor, name: Name): readonly ByteString[];
  /** {@link listXattrs} of an open directory or file. */
  listXattrsOf(fd: Descriptor): readonly ByteString[];
  /** ENODATA where there is no such attribute. */
  getXattr(dir: Descriptor, name: Name, attribute: ByteString): ByteString;
  getXattrOf(fd: Descriptor, attribute: ByteString): ByteString;
  setXattr(dir: Descriptor, name: Name, attribute: ByteString, value: ByteString): void;
  setXattrOf(fd: Descriptor, attribute: ByteString, value: ByteString): void;
  removeXattr(dir: Descriptor, name: Name, attribute: ByteString): void;
  removeXattrOf(fd: Descriptor, attribute: ByteString): void;
}
