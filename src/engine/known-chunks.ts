import type { ChunkList } from "../core/chunk-list.ts";
import { rememberedBytes } from "../core/chunk-list.ts";
import type { FileEntry } from "../core/entry.ts";
import type { RelPath } from "../core/path.ts";
import type { Action } from "../core/plan.ts";
import type { ApplyOptions, Outcome } from "../endpoint/endpoint.ts";
import type { ChunkMemory } from "../state/state.ts";

/** What is remembered of the files that actions are going to replace; nothing where nothing is remembered at all. */
export function knownChunks(
  memory: ChunkMemory | undefined,
  actions: readonly Action[],
): Pick<ApplyOptions, "known"> {
  if (memory === undefined) return {};
  const replaced = actions.flatMap((action) => {
    const { path } = action;
    const old = action.type === "put-file" ? action.expected : undefined;
    return isLarge(old) ? [{ path, facts: old }] : [];
  });
  const known = new Map<RelPath, ChunkList>();
  if (replaced.length === 0) return { known };
  for (const [i, list] of memory.lookup(replaced).entries())
    if (list !== undefined) known.set(replaced[i]!.path, list);
  return { known };
}

function isLarge(
  entry: { readonly kind: string; readonly size: number } | undefined,
): entry is FileEntry {
  return entry?.kind === "file" && entry.size >= rememberedBytes;
}

/** Remembers what files consist of that were put in place. */
export function noteChunks(memory: ChunkMemory | undefined, outcomes: readonly Outcome[]): void {
  for (const { action, chunks } of outcomes)
    if (chunks !== undefined) memory?.put(action.path, chunks);
}
