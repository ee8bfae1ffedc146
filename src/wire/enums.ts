import type { HashAlgorithm, HashExtent } from "../core/content-hash.ts";
import type { EntryKind } from "../core/entry.ts";
import type { LinkMode } from "../core/preserve.ts";
import type { ProblemCode, Side } from "../core/problem.ts";

/** Closed lists as they are numbered on the wire. Part of the protocol: new values go to the end. */
export const problemCodes: readonly ProblemCode[] = [
  "unreadable",
  "vanished",
  "changed",
  "name-too-long",
  "too-deep",
  "no-space",
  "quota",
  "read-only",
  "not-permitted",
  "unsupported",
  "busy",
  "io",
  "not-empty",
  "exists",
  "blocked",
  "foreign-mount",
  "unsafe-link",
  "folding",
  "too-many-links",
  "too-large",
];

export const entryKinds: readonly EntryKind[] = [
  "file",
  "directory",
  "symlink",
  "fifo",
  "socket",
  "block-device",
  "character-device",
];

export const sides: readonly Side[] = ["source", "target"];
export const linkModes: readonly LinkMode[] = ["keep", "follow", "skip", "safe"];
export const hashAlgorithms: readonly HashAlgorithm[] = ["blake3", "sha256", "sha1", "md5"];
export const extents: readonly HashExtent[] = ["quick", "full"];
