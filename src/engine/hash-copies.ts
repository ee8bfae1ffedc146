import type { HashAlgorithm } from "../core/content-hash.ts";
import type { FileEntry } from "../core/entry.ts";
import type { RelPath } from "../core/path.ts";
import { comparePaths } from "../core/path.ts";
import type { Endpoint, Outcome } from "../endpoint/endpoint.ts";
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
  /** Hashes them where they are now. What has changed since has no hash. */
  hash(target: Endpoint, algorithm: HashAlgorithm, signal: AbortSignal): Promise<HashedFile[]>;
}

export interface HashedFile {
  readonly path: RelPath;
  /** As the source has it. */
  readonly entry: FileEntry;
  readonly hash: RememberedHash;
}

interface CopiedFile {
  readonly path: RelPath;
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
      files.push({ path, entry });
      isTooMuch = files.length > mostFiles || bytes > mostBytes;
      if (isTooMuch) files = [];
    },
    async hash(target, algorithm, signal) {
      const sorted = files.toSorted((a, b) => comparePaths(a.path, b.path));
      const requests = sorted.map(({ path, entry }) => {
        return { path, size: entry.size, what: "full", entry: atTarget(entry) } as const;
      });
      if (requests.length === 0) return [];
      const options = { algorithm, followLinks: false, side: "target" } as const;
      const verdicts = await target.hash(requests, options, signal);
      return verdicts.flatMap((verdict, i) => {
        if (!("digest" in verdict)) return [];
        return [{ ...sorted[i]!, hash: { algorithm, digest: verdict.digest } }];
      });
    },
  };
}

/** The copy has the file's size and time, and an inode of its own. */
function atTarget(entry: FileEntry): FileEntry {
  return { ...entry, dev: 0, inoHigh: 0, inoLow: 0, ctimeSec: 0, ctimeNs: 0 };
}
