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

/** Name of the fact that says how many bytes a second the other side may send, where that is limited. */
const rateFact = "rate";

/** What a side says of itself, and of what it takes. */
export function agentFacts(
  ours: readonly WireCodec[],
  bytesPerSecond?: number,
): ReadonlyMap<string, string> {
  const facts = new Map([[codecsFact, ours.join(" ")]]);
  if (bytesPerSecond !== undefined) facts.set(rateFact, String(bytesPerSecond));
  return facts;
}

/** Bytes that a side takes in a second, where it has said so and can mean it. */
export function rateOf(facts: ReadonlyMap<string, string>): number | undefined {
  const rate = Number(facts.get(rateFact) ?? Number.NaN);
  return Number.isFinite(rate) && rate > 0 ? rate : undefined;
}

/** The best way to compress that both sides have. */
export function codecFor(
  ours: readonly WireCodec[],
  facts: ReadonlyMap<string, string>,
): WireCodec {
  const theirs = (facts.get(codecsFact) ?? "").split(" ");
  return codecs.find((codec) => ours.includes(codec) && theirs.includes(codec)) ?? "none";
}
