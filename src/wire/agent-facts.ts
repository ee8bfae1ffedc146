import type { Limits } from "./limits.ts";
import { mostPackBytes } from "./pack.ts";

/** What a client and an agent take from each other: messages that hold a pack, and a few of them ahead. */
export const agentLimits: Partial<Limits> = {
  maxMessage: mostPackBytes + 4096,
  window: 2 * mostPackBytes + 16_384,
};

/** Name of the fact that says which ways to compress a side understands, the best first. */
export const codecsFact = "codecs";

const known = ["zstd", "deflate", "none"] as const;
export type WireCodec = (typeof known)[number];

/** The best way that both sides have. */
export function codecFor(
  ours: readonly WireCodec[],
  facts: ReadonlyMap<string, string>,
): WireCodec {
  const theirs = (facts.get(codecsFact) ?? "").split(" ");
  return known.find((codec) => ours.includes(codec) && theirs.includes(codec)) ?? "none";
}
