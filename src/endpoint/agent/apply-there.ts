import type { ChunkList, KnownFile } from "../../core/chunk-list.ts";
import { mostBasisChunks } from "../../core/chunk-list.ts";
import type { Action } from "../../core/plan.ts";
import { actionsTogether, writeActions } from "../../wire/actions.ts";
import { readPackHeader } from "../../wire/pack.ts";
import type { ServedAction, WireWant } from "../../wire/apply-answers.ts";
import {
  knownTogether,
  readAnswer,
  writeKnownFiles,
  writeServed,
} from "../../wire/apply-answers.ts";
import { isPut } from "../../core/put-action.ts";
import { batchesBySize } from "../../wire/batches-by-size.ts";
import type { WireOutcome } from "../../wire/verdicts.ts";
import { WireError } from "../../wire/wire-error.ts";
import type { ApplyOptions, ContentSource, Outcome, PackOptions, WantedFile } from "../endpoint.ts";
import type { Remote } from "./remote.ts";
import { isOnLine } from "./remote.ts";
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
const endOfContent = new Uint8Array(0);
/** How often content may be wanted: of files that are cut off on their way again and again. */
const mostTimesAsked = 256;

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
        for (const { action } of outcomes)
          if (!open.delete(action)) throw new WireError("an action has two outcomes");
        again.progress();
        yield outcomes;
      }
      if (open.size > 0 && !signal.aborted) throw new WireError("an action has no outcome");
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
    usesBasis: source.usesBasis,
    ordered,
    options,
  });
  const known = tellable(actions, options);
  const sending = newSending({ ...work, conversation, live, signal });
  sending.actions(actions, known);
  let asked = 0;
  const { channel, messages } = conversation;
  try {
    for (;;) {
      const answer = await messages.receive((from) => readAnswer(from, actions.length));
      if (answer === undefined) break;
      if (answer.type === "wants") {
        asked += answer.wants.length;
        if (asked > mostTimesAsked * actions.length)
          throw new WireError("content is wanted again and again");
        sending.content(wantedOf(actions, answer.wants, known.files));
      } else {
        const outcomes = answer.outcomes.map((one) => outcomeOf(remote, actions, one));
        // Content that is sent is counted as it goes.
        if (there !== undefined)
          for (const { bytes, shared } of outcomes) remote.counts.bytes += bytes + shared;
        yield outcomes;
      }
    }
    sending.check();
    channel.end();
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
  { index, done, bytes, shared, problem, chunks }: WireOutcome,
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
    ...(chunks !== undefined && { chunks }),
  };
}

/** What is known of the target, in the form in which it is told: each file once, whatever it may serve. */
interface Tellable {
  readonly files: readonly KnownFile[];
  readonly served: readonly ServedAction[] | undefined;
}

function tellable(actions: readonly Action[], { known }: ApplyOptions): Tellable {
  const numbers = new Map<KnownFile, number>();
  const numberOf = (file: KnownFile): number => {
    const number = numbers.get(file) ?? numbers.size;
    numbers.set(file, number);
    return number;
  };
  const served =
    known &&
    actions.flatMap((action, index) => {
      const files = isPut(action) ? (known.get(action.path) ?? []) : [];
      return files.length === 0 ? [] : [{ index, files: files.map(numberOf) }];
    });
  return { files: [...numbers.keys()], served };
}

/** Nobody may ask for what is no file of the run's own. */
function wantedOf(
  actions: readonly Action[],
  wants: readonly WireWant[],
  files: readonly KnownFile[],
): WantedFile[] {
  return wants.map(({ index, basis: pieces }) => {
    const action = actions[index]!;
    if (!isPut(action)) throw new WireError("content is wanted where there is none");
    const { path, content = path, entry } = action;
    const basis = pieces?.map((piece) =>
      typeof piece === "number" ? (files[piece]?.list ?? untold()) : piece,
    );
    return basis === undefined
      ? { path: content, entry }
      : { path: content, entry, basis: bounded(basis) };
  });
}

function untold(): never {
  throw new WireError("nobody has told of a basis");
}

function bounded(basis: readonly ChunkList[]): readonly ChunkList[] {
  const chunks = basis.reduce((sum, { sizes }) => sum + sizes.length, 0);
  if (chunks > mostBasisChunks) throw new WireError("a basis has too many chunks");
  return basis;
}

/** Sends one thing after another. What fails is thrown by {@link Sending.check}. */
interface Sending {
  actions(actions: readonly Action[], known: Tellable): void;
  content(files: readonly WantedFile[]): void;
  /** Throws what the source of the content has failed with. */
  check(): void;
  stop(): void;
}

interface SendingWork extends ApplyThere {
  readonly conversation: Conversation;
  readonly live: Live;
  readonly signal: AbortSignal;
}

function newSending(work: SendingWork): Sending {
  const { conversation, signal } = work;
  const { channel } = conversation;
  let failure: { readonly error: unknown } | undefined;
  let last: Promise<void> = Promise.resolve();
  let isBusy = false;
  const tellStop = (): void => void channel.send(stop).catch(() => {});
  const next = (send: () => Promise<void>): void => {
    last = last.then(send).catch((error: unknown) => {
      failure ??= { error };
      channel.cancel();
    });
  };
  return {
    actions: (actions, known) =>
      next(async () => {
        await sendActions(work, actions);
        await sendKnown(work, known);
        if (signal.aborted) tellStop();
        else signal.addEventListener("abort", tellStop);
      }),
    content(files) {
      if (isBusy) throw new WireError("content is wanted before what was wanted is there");
      isBusy = true;
      next(() => sendContent(work, files, () => (isBusy = false)));
    },
    check() {
      if (failure !== undefined) throw failure.error;
    },
    stop: () => signal.removeEventListener("abort", tellStop),
  };
}

async function sendActions(
  { conversation: { messages } }: SendingWork,
  actions: readonly Action[],
): Promise<void> {
  const most = { items: actionsTogether, bytes: messageBytes };
  for (const some of batchesBySize(actions, most, bytesOf))
    await messages.send((out) => writeActions(out, some));
  await messages.send((out) => writeActions(out, []));
}

async function sendKnown(
  { conversation: { messages } }: SendingWork,
  { files, served }: Tellable,
): Promise<void> {
  const most = { items: knownTogether, bytes: messageBytes };
  const size = ({ path, list }: KnownFile): number => path.length + list.digests.length + 128;
  for (const some of batchesBySize(files, most, size))
    await messages.send((out) => writeKnownFiles(out, some));
  await messages.send((out) => writeKnownFiles(out, []));
  await messages.send((out) => writeServed(out, served));
}

/** Packs of what was asked for, and an empty message behind them. */
async function sendContent(
  { remote, source, options, live, conversation, signal }: SendingWork,
  wanted: readonly WantedFile[],
  onLast: () => void,
): Promise<void> {
  const { channel } = conversation;
  const { followLinks, asPlanned = false, preserve } = options;
  const { xattrs, acls } = preserve;
  const how: PackOptions = { followLinks, asPlanned, xattrs, acls, compress: live.hasZstd() };
  for await (const pack of source.readFiles(wanted, how, signal)) {
    remote.counts.bytes += readPackHeader(pack)?.length ?? 0;
    await channel.send(pack);
  }
  onLast();
  await channel.send(endOfContent);
}

function bytesOf(action: Action): number {
  const xattrs = "entry" in action ? (action.entry.xattrs ?? []) : [];
  return xattrs.reduce((sum, [, value]) => sum + value.length + 64, action.path.length + 256);
}
