import type { HashAlgorithm } from "../core/content-hash.ts";
import type { FileEntry } from "../core/entry.ts";
import type { RelPath } from "../core/path.ts";
import { comparePaths } from "../core/path.ts";
import type { Endpoint, HashRequest, Outcome } from "../endpoint/endpoint.ts";
import type { RememberedHash } from "../state/state.ts";

/**
 * Up to this much is hashed when it has been copied, so that `verify --remembered` knows it from the first day. That takes
 * a moment; more would make first copies slower, and is left to `verify`, which reads everything anyway.
 */
const mostFiles = 2000;
const mostBytes = 64 << 20;

/** Files that a run has put in place; none any more where there were too many. */
export interface CopiedFiles {
  note(outcome: Outcome): void;
  /** Hashes them where that costs nothing but time. What has changed since has no hash. */
  hash(ends: CopyEnds, algorithm: HashAlgorithm, signal: AbortSignal): Promise<HashedFile[]>;
}

/** Where files were copied from, and to. */
export interface CopyEnds {
  readonly source: Endpoint;
  readonly target: Endpoint;
  /** The source was scanned through its links. */
  readonly followLinks: boolean;
}

export interface HashedFile {
  readonly path: RelPath;
  /** As the source has it. */
  readonly entry: FileEntry;
  readonly hash: RememberedHash;
}

interface CopiedFile {
  readonly path: RelPath;
  /** Where the source has it. */
  readonly content: RelPath;
  readonly entry: FileEntry;
}

export function newCopiedFiles(): CopiedFiles {
  let files: CopiedFile[] = [];
  let bytes = 0;
  let isTooMuch = false;
  return {
    note({ action, done }) {
      if (isTooMuch || !done) return;
      if (action.type !== "put-file" && action.type !== "copy-file") return;
      const { path, entry } = action;
      bytes += entry.size;
      const content = action.type === "put-file" ? (action.content ?? path) : path;
      files.push({ path, content, entry });
      isTooMuch = files.length > mostFiles || bytes > mostBytes;
      if (isTooMuch) files = [];
    },
    async hash({ source, target, followLinks }, algorithm, signal) {
      // What another host has been sent is what is here: nothing more has to cross the connection to know it.
      const side = target.capabilities.remote ? "source" : "target";
      const end = side === "source" ? source : target;
      if (files.length === 0 || end.capabilities.remote) return [];
      const sorted = files.toSorted((a, b) => comparePaths(a.path, b.path));
      const requests = sorted.map((file): HashRequest => {
        const { entry } = file;
        const rest = { size: entry.size, what: "full" } as const;
        return side === "source"
          ? { path: file.content, entry, ...rest }
          : { path: file.path, entry: atTarget(entry), ...rest };
      });
      const options = { algorithm, side, followLinks: side === "source" && followLinks } as const;
      const verdicts = await end.hash(requests, options, signal);
      return verdicts.flatMap((verdict, i) => {
        if (!("digest" in verdict)) return [];
        const { path, entry } = sorted[i]!;
        return [{ path, entry, hash: { algorithm, digest: verdict.digest } }];
      });
    },
  };
}

/** The copy has the file's size and time, and an inode of its own. */
function atTarget(entry: FileEntry): FileEntry {
  return { ...entry, dev: 0, inoHigh: 0, inoLow: 0, ctimeSec: 0, ctimeNs: 0 };
}
