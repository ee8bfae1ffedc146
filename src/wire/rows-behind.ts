import type { RelPath } from "../core/path.ts";
import { comparePaths, joinPath, rootPath } from "../core/path.ts";
import type { SnapshotChunk } from "../core/snapshot.ts";
import { nameAt, newChunk } from "../core/snapshot.ts";
import { copyRows } from "../core/copy-rows.ts";

/** The rows of a listing behind a path: for a listing that broke off there. */
export async function* rowsBehind(
  chunks: AsyncIterable<SnapshotChunk>,
  after: RelPath,
): AsyncGenerator<SnapshotChunk> {
  const above: RelPath[] = [];
  let isBehind = false;
  for await (const chunk of chunks) {
    let row = 0;
    for (; !isBehind && row < chunk.count; row++) {
      const depth = chunk.depth[row]!;
      const path = depth === 0 ? rootPath : joinPath(above[depth - 1]!, nameAt(chunk, row));
      above[depth] = path;
      isBehind = comparePaths(path, after) > 0;
      if (isBehind) break;
    }
    if (!isBehind) continue;
    if (row === 0) {
      yield chunk;
      continue;
    }
    const rest = newChunk(chunk.count - row);
    copyRows(chunk, { start: row, end: chunk.count }, rest);
    yield rest;
  }
}
