import type { FileFacts } from "../core/chunk-list.ts";
import { rememberedBytes } from "../core/chunk-list.ts";
import type { Entry } from "../core/entry.ts";
import type { RelPath } from "../core/path.ts";
import type { Outcome } from "../endpoint/endpoint.ts";
import type { ChunkChange, ChunkMemory } from "../state/state.ts";

/** Remembers what files consist of that were put in place, and follows what was done to others. */
export function noteChunks(memory: ChunkMemory | undefined, outcomes: readonly Outcome[]): void {
  memory?.note(outcomes.flatMap(changesOf));
}

function changesOf({ action, done, chunks }: Outcome): ChunkChange[] {
  const { path } = action;
  if (!done) return [];
  if (chunks !== undefined) return [{ type: "put", path, file: chunks }];
  switch (action.type) {
    case "move":
      return isMemorable(action.entry) ? [move(action.from, path)] : forgotten(action);
    case "exchange":
      return isMemorable(action.entry) || isMemorable(action.expected)
        ? [move(action.from, aside), move(path, action.from), move(aside, path)]
        : [];
    case "set-metadata": {
      const mtime = action.aspects.includes("times") ? mtimeOf(action.entry) : undefined;
      return isLarge(action.entry) ? [{ type: "touch", path, mtime }] : [];
    }
    case "link": {
      // The file has one more name, which changes its ctime.
      const touched = { type: "touch", path: action.from, mtime: undefined } as const;
      return isLarge(action.entry) ? [...forgotten(action), touched] : forgotten(action);
    }
    case "remove-leftover":
    case "finish-directory":
      return [];
    default:
      return forgotten(action);
  }
}

/** No entry of a tree has this name. */
const aside = ".syncline-aside" as RelPath;

function move(from: RelPath, to: RelPath): ChunkChange {
  return { type: "move", from, to };
}

/** What stood there is gone, if there was anything of which something may be known. */
function forgotten({
  path,
  expected,
}: {
  readonly path: RelPath;
  readonly expected: Entry | undefined;
}): ChunkChange[] {
  return expected !== undefined && isMemorable(expected) ? [{ type: "forget", path }] : [];
}

/** Whether something may be known of it, or of what is in it. */
function isMemorable(entry: Entry): boolean {
  return entry.kind === "directory" || isLarge(entry);
}

function isLarge({ kind, size }: Entry): boolean {
  return kind === "file" && size >= rememberedBytes;
}

function mtimeOf({ mtimeSec, mtimeNs }: Entry): Pick<FileFacts, "mtimeSec" | "mtimeNs"> {
  return { mtimeSec, mtimeNs };
}
