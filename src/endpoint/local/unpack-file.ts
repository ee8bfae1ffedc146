import type { FileEntry } from "../../core/entry.ts";
import { sizeBytes } from "../../core/content-hash.ts";
import type { Action } from "../../core/plan.ts";
import type { Hasher } from "../../fs/hasher.ts";
import type { PackRecord } from "../../wire/pack.ts";
import { EntryProblem } from "../endpoint.ts";
import type { Applier } from "./applier.ts";
import { asEntryProblem } from "./applier.ts";
import { discard } from "./commit.ts";
import type { EndedFile } from "./jobs.ts";
import type { StagedFile } from "./put-file.ts";
import { beginFile, finishFile } from "./put-file.ts";

export type PutFile = Extract<Action, { type: "put-file" }>;
type Of<T extends PackRecord["type"]> = Extract<PackRecord, { type: T }>;

/** A file that arrives in pieces. */
export interface Incoming {
  readonly index: number;
  readonly action: PutFile;
  /** What it shall be: as planned, or what it has become. */
  entry: FileEntry;
  readonly hasher: Hasher;
  /** `undefined` once something is wrong: the rest passes by. */
  staged: StagedFile | undefined;
  position: number;
  problem: EntryProblem | undefined;
}

/** Puts a small file in its place. */
export function putWhole(ctx: Applier, action: PutFile, { index, data }: Of<"whole">): EndedFile {
  const { entry } = action;
  let staged: StagedFile | undefined;
  try {
    if (data.length !== entry.size) throw notAsAnnounced();
    staged = beginFile(ctx, action);
    if (data.length > 0) ctx.driver.writeAt(staged.fd, data, data.length, 0);
    ctx.copy.onBytes(data.length);
    return ended(index, data.length, finishFile(ctx, action, staged, entry));
  } catch (error) {
    if (staged !== undefined) discard(ctx, staged.place.dir, staged.temp, true);
    return failed(index, asEntryProblem("target", error));
  } finally {
    if (staged !== undefined) ctx.driver.close(staged.fd);
  }
}

/** Begins a file that arrives in pieces. */
export function beginIncoming(
  ctx: Applier,
  action: PutFile,
  { index, entry }: Of<"begin">,
  hasher: Hasher,
): Incoming {
  hasher.begin();
  const incoming: Incoming = {
    index,
    action,
    entry: entry ?? action.entry,
    hasher,
    staged: undefined,
    position: 0,
    problem: undefined,
  };
  attempt(ctx, incoming, () => {
    incoming.staged = beginFile(ctx, action);
  });
  return incoming;
}

/** Takes the next record of a file. Returns what has become of it when it is complete. */
export function take(
  ctx: Applier,
  incoming: Incoming,
  record: Of<"data" | "hole" | "chunks" | "restart" | "end">,
): EndedFile | undefined {
  if (record.type === "end") return complete(ctx, incoming, record);
  attempt(ctx, incoming, (staged) => {
    switch (record.type) {
      case "data":
        advance(incoming, record.data.length, () => {
          ctx.driver.writeAt(staged.fd, record.data, record.data.length, incoming.position);
        });
        incoming.hasher.update(record.data);
        ctx.copy.onBytes(record.data.length);
        return;
      case "hole":
        advance(incoming, record.length, () => {});
        incoming.hasher.update(sizeBytes(record.length));
        return;
      case "restart":
        ctx.driver.truncate(staged.fd, 0);
        incoming.position = 0;
        incoming.entry = record.entry ?? incoming.action.entry;
        incoming.hasher.begin();
        return;
      case "chunks":
        throw notAsAnnounced();
    }
  });
  return undefined;
}

/** No more is taken than was announced, however much there is. */
function advance(incoming: Incoming, length: number, write: () => void): void {
  if (incoming.position + length > incoming.entry.size) throw notAsAnnounced();
  write();
  incoming.position += length;
}

function complete(ctx: Applier, incoming: Incoming, { size, digest }: Of<"end">): EndedFile {
  const { index, action, entry } = incoming;
  const result = attempt(ctx, incoming, (staged) => {
    const isWhole = size === incoming.position && size === entry.size;
    if (!isWhole || !isSame(digest, incoming.hasher.digest())) throw notAsAnnounced();
    // What ends with a hole has been written up to there only.
    ctx.driver.truncate(staged.fd, size);
    const end = ended(index, size, finishFile(ctx, action, staged, entry));
    ctx.driver.close(staged.fd);
    incoming.staged = undefined;
    return end;
  });
  return result ?? failed(index, incoming.problem!);
}

/** The source has said that there will be no (more) content. */
export function refuseIncoming(
  ctx: Applier,
  incoming: Incoming | undefined,
  { index, code, message }: Of<"problem">,
): EndedFile {
  if (incoming !== undefined) abandon(ctx, incoming);
  return failed(index, incoming?.problem ?? new EntryProblem("source", code, message));
}

/** Lets go of a file that will not be complete. */
export function abandon(ctx: Applier, incoming: Incoming): void {
  const { staged } = incoming;
  incoming.staged = undefined;
  if (staged === undefined) return;
  ctx.driver.close(staged.fd);
  discard(ctx, staged.place.dir, staged.temp, true);
}

/** Does something with a file that is still well. What goes wrong is kept until its end has arrived. */
function attempt<T>(
  ctx: Applier,
  incoming: Incoming,
  work: (staged: StagedFile) => T,
): T | undefined {
  if (incoming.problem !== undefined) return undefined;
  try {
    return work(incoming.staged!);
  } catch (error) {
    incoming.problem = asEntryProblem("target", error);
    abandon(ctx, incoming);
    return undefined;
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function notAsAnnounced(): EntryProblem {
  const message = "what arrived is not what was announced; the next run will try again";
  return new EntryProblem("source", "changed", message);
}

function ended(index: number, bytes: number, trouble: EntryProblem | undefined): EndedFile {
  const problem = trouble === undefined ? undefined : said(trouble);
  return { index, bytes, shared: 0, done: true, ...(problem !== undefined && { problem }) };
}

function failed(index: number, trouble: EntryProblem): EndedFile {
  return { index, bytes: 0, shared: 0, done: false, problem: said(trouble) };
}

function said({ side, code, message }: EntryProblem): NonNullable<EndedFile["problem"]> {
  return { side, code, message };
}
