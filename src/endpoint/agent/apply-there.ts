import type { Action } from "../../core/plan.ts";
import { actionsTogether, writeActions } from "../../wire/actions.ts";
import type { PutFile } from "../../wire/apply-groups.ts";
import { groupsOf, isPut } from "../../wire/apply-groups.ts";
import { readPackHeader } from "../../wire/pack.ts";
import { batchesBySize } from "../../wire/batches-by-size.ts";
import type { WireOutcome } from "../../wire/verdicts.ts";
import { readOutcomes } from "../../wire/verdicts.ts";
import { WireError } from "../../wire/wire-error.ts";
import type { ApplyOptions, ContentSource, Outcome, PackOptions, WantedFile } from "../endpoint.ts";
import type { Remote } from "./agent-endpoint.ts";
import { isOnLine } from "./agent-endpoint.ts";
import type { Conversation, Live } from "./agent-line.ts";
import { messageBytes } from "./read-there.ts";

/** Where actions are carried out, and where their content comes from. */
export interface ApplyThere {
  readonly remote: Remote;
  readonly ordered: boolean;
  readonly source: ContentSource;
  readonly options: ApplyOptions;
}

/** Says that nothing more is to be begun; a pack is longer. */
const stop = new Uint8Array([1]);
const endOfGroup = new Uint8Array(0);

/**
 * Carries out actions at the other end, and sends the content that they need; what is there on the same line is not sent.
 * Where the line breaks, what has no outcome yet is done over another one: some of it may have been done already.
 */
export async function* applyThere(
  work: ApplyThere,
  actions: readonly Action[],
  signal: AbortSignal,
): AsyncGenerator<Outcome[]> {
  const again = work.remote.line.recovery();
  let rest = actions;
  let { options } = work;
  while (!signal.aborted) {
    const open = new Set(rest);
    try {
      for await (const outcomes of applyOnce({ ...work, options }, rest, signal)) {
        for (const { action } of outcomes) open.delete(action);
        again.progress();
        yield outcomes;
      }
      return;
    } catch (error) {
      await again.after(error);
      rest = rest.filter((action) => open.has(action));
      options = { ...options, again: true };
      if (rest.length === 0) return;
    }
  }
}

async function* applyOnce(
  work: ApplyThere,
  actions: readonly Action[],
  signal: AbortSignal,
): AsyncGenerator<Outcome[]> {
  const { remote, ordered, source, options } = work;
  const live = remote.line.live();
  await remote.place(live);
  const there = isOnLine(source, remote.line) ? source.remote : undefined;
  await there?.place(live);
  const endpoint = remote.number;
  const conversation = live.ask({
    type: "apply",
    endpoint,
    source: there?.number,
    ordered,
    options,
  });
  const sending = newSending({ ...work, conversation, live, signal });
  const sent = sending.send(actions, there === undefined);
  const { channel, messages } = conversation;
  try {
    for (;;) {
      const told = await messages.receive((from) => readOutcomes(from, actions.length));
      if (told === undefined) break;
      const outcomes = told.map((one) => outcomeOf(remote, actions, one));
      // Content that is sent is counted as it goes.
      if (there !== undefined)
        for (const { bytes, shared } of outcomes) remote.counts.bytes += bytes + shared;
      yield outcomes;
    }
    await sent;
  } catch (error) {
    sending.check();
    throw error;
  } finally {
    sending.stop();
    channel.cancel();
  }
}

function outcomeOf(
  { counts }: Remote,
  actions: readonly Action[],
  { index, done, bytes, shared, problem }: WireOutcome,
): Outcome {
  const action = actions[index];
  if (action === undefined) throw new WireError("an outcome is of no action");
  if (action.type === "put-file") counts.files++;
  const { path } = action;
  return {
    action,
    done,
    bytes,
    shared,
    ...(problem !== undefined && { problem: { path, ...problem } }),
  };
}

interface Sending {
  /** Never rejects; what failed is thrown by {@link Sending.check}. */
  send(actions: readonly Action[], withContent: boolean): Promise<void>;
  /** Throws what the source of the content has failed with. */
  check(): void;
  stop(): void;
}

interface SendingWork extends ApplyThere {
  readonly conversation: Conversation;
  readonly live: Live;
  readonly signal: AbortSignal;
}

/** Sends actions, and then their content, group after group. */
function newSending(work: SendingWork): Sending {
  const { conversation, ordered, remote, signal } = work;
  const { channel, messages } = conversation;
  let failure: { readonly error: unknown } | undefined;
  const tellStop = (): void => void channel.send(stop).catch(() => {});
  const sendAll = async (actions: readonly Action[], withContent: boolean): Promise<void> => {
    const most = { items: actionsTogether, bytes: messageBytes };
    for (const some of batchesBySize(actions, most, bytesOf))
      await messages.send((out) => writeActions(out, some));
    await messages.send((out) => writeActions(out, []));
    if (signal.aborted) tellStop();
    signal.addEventListener("abort", tellStop);
    for (const group of withContent ? groupsOf(actions, ordered) : []) {
      if (!group.every(isPut)) continue;
      await sendContent(work, group, (bytes) => (remote.counts.bytes += bytes));
      await channel.send(endOfGroup);
    }
    channel.end();
  };
  return {
    async send(actions, withContent) {
      try {
        await sendAll(actions, withContent);
      } catch (error) {
        failure = { error };
        channel.cancel();
      }
    },
    check() {
      if (failure !== undefined) throw failure.error;
    },
    stop: () => signal.removeEventListener("abort", tellStop),
  };
}

async function sendContent(
  { source, options, live, conversation, signal }: SendingWork,
  puts: readonly PutFile[],
  onBytes: (bytes: number) => void,
): Promise<void> {
  const { followLinks, asPlanned = false, preserve } = options;
  const { xattrs, acls } = preserve;
  const wanted = puts.map(({ path, content = path, entry }): WantedFile => ({
    path: content,
    entry,
  }));
  const how: PackOptions = { followLinks, asPlanned, xattrs, acls, compress: live.hasZstd() };
  for await (const pack of source.readFiles(wanted, how, signal)) {
    onBytes(readPackHeader(pack)?.length ?? 0);
    await conversation.channel.send(pack);
  }
}

function bytesOf(action: Action): number {
  const xattrs = "entry" in action ? (action.entry.xattrs ?? []) : [];
  return xattrs.reduce((sum, [, value]) => sum + value.length + 64, action.path.length + 256);
}
