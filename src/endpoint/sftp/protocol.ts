/**
 * `sftp` is the driver for hosts where nothing may be run: it speaks SFTP to the server that OpenSSH, or anybody else, has
 * there, over whatever bytes it is handed. It knows no ssh, no process and no plan; what the protocol cannot say (inode
 * numbers, nanoseconds, attributes) its capabilities leave out.
 *
 * This file has the protocol's numbers: version 3, draft-ietf-secsh-filexfer-02, and OpenSSH's PROTOCOL for extensions.
 */

export const sftpVersion = 3;

/** Types of packets. */
export const packets = {
  init: 1,
  version: 2,
  open: 3,
  close: 4,
  read: 5,
  write: 6,
  lstat: 7,
  fstat: 8,
  setstat: 9,
  fsetstat: 10,
  opendir: 11,
  readdir: 12,
  remove: 13,
  mkdir: 14,
  rmdir: 15,
  realpath: 16,
  stat: 17,
  rename: 18,
  readlink: 19,
  symlink: 20,
  status: 101,
  handle: 102,
  data: 103,
  name: 104,
  attributes: 105,
  extended: 200,
  extendedReply: 201,
} as const;

/** Codes of a status packet. */
export const statuses = {
  ok: 0,
  endOfFile: 1,
  noSuchFile: 2,
  permissionDenied: 3,
  failure: 4,
  badMessage: 5,
  noConnection: 6,
  connectionLost: 7,
  unsupported: 8,
} as const;

/** Which fields a block of attributes has. */
export const attributeFlags = {
  size: 0x1,
  owner: 0x2,
  permissions: 0x4,
  times: 0x8,
  extended: 0x8000_0000,
} as const;

/** How a file is opened. */
export const openFlags = { read: 0x1, write: 0x2, create: 0x8, exclusive: 0x20 } as const;

/** Extensions that are used where a server announces them. */
export const extensions = {
  posixRename: "posix-rename@openssh.com",
  hardlink: "hardlink@openssh.com",
  statvfs: "statvfs@openssh.com",
  lsetstat: "lsetstat@openssh.com",
  limits: "limits@openssh.com",
  copyData: "copy-data",
} as const;

export type Extension = keyof typeof extensions;

/** Limits of what a server may say. */
export const limits = {
  /** Bytes of one packet, 1 MiB: several times what OpenSSH sends. */
  packet: 1_048_576,
  /** Bytes of a handle: the draft's own limit. */
  handle: 256,
  /** Bytes of a path or of a link's target. */
  path: 65_536,
  /** Bytes of a message for people, or of anything else that is passed over. */
  text: 65_536,
  /** Extensions announced, and extended attributes of one entry. */
  pairs: 256,
} as const;

/** Bytes of one read or write that every server takes. */
export const usualPiece = 32_768;
