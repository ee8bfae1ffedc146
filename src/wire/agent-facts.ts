import type { Limits } from "./limits.ts";
import { mostPackBytes } from "./pack.ts";
import type { PulseOptions } from "./session-pulse.ts";

/** What a client and an agent take from each other: messages that hold a pack, and a few of them ahead. */
export const agentLimits: Partial<Limits> = {
  maxMessage: mostPackBytes + 4096,
  window: 2 * mostPackBytes + 16_384,
};

/** How long either may be silent. A client may have a shorter patience, and never a longer one is asked of it. */
export const agentPulse: Omit<PulseOptions, "timers"> = { keepAliveMs: 15_000, deadlineMs: 60_000 };

const codecs = ["zstd", "deflate", "none"] as const;
export type WireCodec = (typeof codecs)[number];

/** Name of the fact that says which ways to compress a side understands. */
const codecsFact = "codecs";

/** What a side says of itself. */
export function agentFacts(ours: readonly WireCodec[]): ReadonlyMap<string, string> {
  return new Map([[codecsFact, ours.join(" ")]]);
}

/** The best way to compress that both sides have. */
export function codecFor(
  ours: readonly WireCodec[],
  facts: ReadonlyMap<string, string>,
): WireCodec {
  const theirs = (facts.get(codecsFact) ?? "").split(" ");
  return codecs.find((codec) => ours.includes(codec) && theirs.includes(codec)) ?? "none";
}
