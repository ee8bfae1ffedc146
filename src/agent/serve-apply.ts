import type { ChunkList, KnownFile } from "../core/chunk-list.ts";
import type { Entry } from "../core/entry.ts";
import type { RelPath } from "../core/path.ts";
import type { Action } from "../core/plan.ts";
import type { ContentSource, Endpoint } from "../endpoint/endpoint.ts";
import { readActions } from "../wire/actions.ts";
import type { Channel } from "../wire/channel.ts";
import type { ServedAction, WireWant } from "../wire/apply-answers.ts";
import { readKnownFiles, readServed, writeAnswer } from "../wire/apply-answers.ts";
import type { Messages } from "../wire/messages.ts";
import type { Reader } from "../wire/reader.ts";
import type { WireRequest } from "../wire/requests.ts";
import type { WireOutcome } from "../wire/verdicts.ts";

type ApplySpec = Extract<WireRequest, { type: "apply" }>;

/** What an apply works with. */
export interface ApplyService {
  readonly target: Endpoint;
  /** Where it is the agent's, too. */
  readonly source: Endpoint | undefined;
  readonly messages: Messages;
  readonly channel: Channel;
}

/**
 * Carries out actions: all of them first, then what is known of files that may serve them, then which serves which. Content is
 * asked for when its turn has come, with what is here of it already, and comes in packs with an empty message behind them.
 */
export async function serveApply(
  { target, source, messages, channel }: ApplyService,
  { ordered, usesBasis, options }: ApplySpec,
): Promise<void> {
  const actions = await allOf(messages, readActions);
  const files = await allOf(messages, readKnownFiles);
  const counts = { actions: actions.length, files: files.length };
  const served = await messages.expect((from) => readServed(from, counts));
  const known = served && knownOf(actions, files, served);
  const numbers = new Map(actions.map((action, i) => [action, i]));
  const incoming = listen(channel);
  const across = { location: target.location, usesBasis };
  const from = source ?? contentAcross(across, actions, { messages, incoming, files });
  const signal = AbortSignal.any([channel.signal, incoming.stopped]);
  // Actions are told apart by what they are, and come back as they went.
  const how = known === undefined ? options : { ...options, known };
  for await (const outcomes of target.apply(actions, ordered, from, how, signal)) {
    const told = outcomes.map(({ action, done, bytes, shared, problem, chunks }): WireOutcome => ({
      index: numbers.get(action)!,
      done,
      bytes,
      shared,
      problem,
      chunks,
    }));
    if (told.length === 0) continue;
    await messages.send((out) => writeAnswer(out, { type: "outcomes", outcomes: told }));
  }
}

/** What is remembered, by the path that it may serve. */
function knownOf(
  actions: readonly Action[],
  files: readonly KnownFile[],
  served: readonly ServedAction[],
): ReadonlyMap<RelPath, readonly KnownFile[]> {
  return new Map(
    served.map(({ index, files: numbers }) => [
      actions[index]!.path,
      numbers.map((number) => files[number]!),
    ]),
  );
}

interface Across {
  readonly messages: Messages;
  readonly incoming: Incoming;
  readonly files: readonly KnownFile[];
}

/** The other side as a source. A file that is wanted is known by the entry of its action, which is nobody else's. */
function contentAcross(
  across: Omit<ContentSource, "readFiles">,
  actions: readonly Action[],
  { messages, incoming, files: known }: Across,
): ContentSource {
  const numbers = new Map<Entry, number>();
  for (const [i, action] of actions.entries())
    if (action.type === "put-file") numbers.set(action.entry, i);
  const places = new Map<ChunkList, number>(known.map(({ list }, i) => [list, i]));
  return {
    ...across,
    async *readFiles(files) {
      const wants = files.map(({ entry, basis }): WireWant => ({
        index: numbers.get(entry)!,
        // What the other side has told of need not be told again.
        basis: basis?.map((list) => places.get(list) ?? list),
      }));
      await messages.send((out) => writeAnswer(out, { type: "wants", wants }));
      yield* incoming.packs();
    },
  };
}

/** What comes in messages, the last of which has nothing. */
async function allOf<T>(messages: Messages, read: (from: Reader) => readonly T[]): Promise<T[]> {
  const all: T[] = [];
  for (;;) {
    const some = await messages.expect(read);
    if (some.length === 0) return all;
    all.push(...some);
  }
}

/** What comes behind the actions. */
interface Incoming {
  /** Packs of what was asked for last. */
  packs(): AsyncGenerator<Uint8Array>;
  /** Aborts when nothing more is to be begun. */
  readonly stopped: AbortSignal;
}

/** Hears everything that comes, so that a wish to stop is not left lying while something else is worked on. */
function listen(channel: Channel): Incoming {
  const stopping = new AbortController();
  const waiting = newHandover();
  const hear = async (): Promise<void> => {
    for (;;) {
      const message = await channel.receive();
      if (message?.length === 1) stopping.abort();
      else await waiting.give(message);
      if (message === undefined) return;
    }
  };
  // A line that broke shows in the channel's signal, and to whoever waits for a pack.
  hear().catch((error: unknown) => waiting.fail(error));
  return {
    stopped: stopping.signal,
    async *packs() {
      for (;;) {
        const pack = await waiting.take();
        if (pack === undefined || pack.length === 0) return;
        yield pack;
      }
    },
  };
}

/** Hands over one message after the other; whoever gives waits until it is taken. */
interface Handover {
  give(message: Uint8Array | undefined): Promise<void>;
  take(): Promise<Uint8Array | undefined>;
  fail(error: unknown): void;
}

function newHandover(): Handover {
  let given: { readonly message: Uint8Array | undefined; readonly taken: () => void } | undefined;
  let failure: { readonly error: unknown } | undefined;
  let wake = (): void => {};
  return {
    give: (message) =>
      new Promise((taken) => {
        given = { message, taken };
        wake();
      }),
    async take() {
      for (;;) {
        if (given !== undefined || failure !== undefined) break;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (given === undefined) throw failure!.error;
      const { message, taken } = given;
      // The end is found by everybody who looks.
      if (message !== undefined) given = undefined;
      taken();
      return message;
    },
    fail(error) {
      failure = { error };
      wake();
    },
  };
}
