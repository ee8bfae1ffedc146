import { copyOfChunk } from "../core/held-tree.ts";
import type { SnapshotChunk } from "../core/snapshot.ts";

/** One stream of chunks for two readers that do not go in step. */
export interface AheadAndBehind {
  /** For whoever runs ahead. It ends early where it has fallen behind too far. */
  readonly ahead: AsyncIterableIterator<SnapshotChunk, undefined>;
  /** For whoever needs all of it. When this reader leaves, it is over for both. */
  readonly behind: AsyncIterableIterator<SnapshotChunk, undefined>;
}

/** Chunks that are held for a reader that should be ahead: 260 000 rows, some 30 MiB. */
const mostHeld = 128;

const ended = { done: true, value: undefined } as const;

/**
 * Lets two readers read one stream, each at its own pace. Either may ask for more than the other has seen: neither waits
 * for the other, since the one that compares waits for rows of a scan that waits for what it reads here. What one has
 * not taken yet is held for it as a copy, which both share and nobody changes; when the other has left, nothing is copied.
 */
export function teeAhead(
  chunks: AsyncIterable<SnapshotChunk>,
  most: number = mostHeld,
): AheadAndBehind {
  const source = chunks[Symbol.asyncIterator]();
  const ahead = newHeld(most);
  const behind = newHeld(Infinity);
  /** How the stream has ended, when it has. */
  let end: { readonly error?: unknown } | undefined;
  let pulling: Promise<void> | undefined;

  const pull = async (): Promise<void> => {
    try {
      const next = await source.next();
      if (next.done === true) end ??= {};
      else share(next.value, ahead, behind);
    } catch (error) {
      end ??= { error };
    }
    pulling = undefined;
  };

  const reader = (
    held: Held,
    leave: () => Promise<void>,
  ): AsyncIterableIterator<SnapshotChunk, undefined> => ({
    async next() {
      for (;;) {
        const chunk = held.chunks.shift();
        if (chunk !== undefined) return { done: false, value: chunk };
        if (held.hasLeft) return ended;
        if (end !== undefined) {
          held.hasLeft = true;
          if ("error" in end) throw end.error;
          return ended;
        }
        await (pulling ??= pull());
      }
    },
    async return() {
      held.hasLeft = true;
      held.chunks.length = 0;
      await leave();
      return ended;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  });

  const close = async (): Promise<void> => {
    end ??= {};
    ahead.hasLeft = true;
    ahead.chunks.length = 0;
    await source.return?.();
  };
  return { ahead: reader(ahead, async () => {}), behind: reader(behind, close) };
}

/** What one reader has not taken yet. */
interface Held {
  readonly chunks: SnapshotChunk[];
  readonly most: number;
  /** Wants nothing more, or gets nothing more. */
  hasLeft: boolean;
}

function newHeld(most: number): Held {
  return { chunks: [], most, hasLeft: false };
}

/** Hands a chunk to both, or to the one that is left. */
function share(chunk: SnapshotChunk, ahead: Held, behind: Held): void {
  // Whoever should be ahead and is not goes without the rest: rows that it does not see are sent, that is all.
  if (ahead.chunks.length >= ahead.most) ahead.hasLeft = true;
  const isShared = !ahead.hasLeft && !behind.hasLeft;
  const held = isShared ? copyOfChunk(chunk) : chunk;
  if (!ahead.hasLeft) ahead.chunks.push(held);
  if (!behind.hasLeft) behind.chunks.push(held);
}
