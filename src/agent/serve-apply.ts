import type { Action } from "../core/plan.ts";
import type { ContentSource } from "../endpoint/endpoint.ts";
import type { LocalEndpoint } from "../endpoint/local/local-endpoint.ts";
import { readActions } from "../wire/actions.ts";
import type { Channel } from "../wire/channel.ts";
import type { Messages } from "../wire/messages.ts";
import type { WireRequest } from "../wire/requests.ts";
import type { WireOutcome } from "../wire/verdicts.ts";
import { writeOutcomes } from "../wire/verdicts.ts";

type ApplySpec = Extract<WireRequest, { type: "apply" }>;

/** What an apply works with. */
export interface ApplyService {
  readonly local: LocalEndpoint;
  /** Where it is the agent's, too. */
  readonly source: LocalEndpoint | undefined;
  readonly messages: Messages;
  readonly channel: Channel;
}

/**
 * Carries out actions: all of them first, then an empty message, then packs for those that need content, with an empty
 * message behind each group of them; see `wire/apply-groups.ts`.
 */
export async function serveApply(
  { local, source, messages, channel }: ApplyService,
  { ordered, options }: ApplySpec,
): Promise<void> {
  const actions = await allActions(messages);
  const numbers = new Map(actions.map((action, i) => [action, i]));
  const from = source ?? packsOf(channel, local.location);
  const { signal } = channel;
  // Actions are told apart by what they are, and come back as they went.
  for await (const outcomes of local.apply(actions, ordered, from, options, signal)) {
    const told = outcomes.map(({ action, done, bytes, shared, problem }): WireOutcome => ({
      index: numbers.get(action)!,
      done,
      bytes,
      shared,
      problem,
    }));
    if (told.length > 0) await messages.send((out) => writeOutcomes(out, told));
  }
}

async function allActions(messages: Messages): Promise<Action[]> {
  const actions: Action[] = [];
  for (;;) {
    const some = await messages.expect(readActions);
    if (some.length === 0) return actions;
    actions.push(...some);
  }
}

/** The other side as a source: it sends what is needed in the order in which it is needed. */
function packsOf(channel: Channel, location: string): ContentSource {
  return {
    location,
    async *readFiles() {
      for (;;) {
        const pack = await channel.receive();
        if (pack === undefined || pack.length === 0) return;
        yield pack;
      }
    },
  };
}
