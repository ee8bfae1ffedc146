/** The thread that keeps large baselines, as the main thread sees it. What crosses between them is defined here. */
import { getCompileCacheDir } from "node:module";
import type { Worker } from "node:worker_threads";
import type { RelPath } from "../core/path.ts";
import type { Change } from "./baseline-edit.ts";
import type { Pair, Question } from "./baseline-rows.ts";
import type { EntryRows } from "./entry-rows.ts";
import { entryOf, NAME_LENGTH } from "./entry-rows.ts";
import type { ScanRows } from "./scan-rows.ts";
import { buffersOf } from "./scan-rows.ts";
import type { RememberedPath } from "./state.ts";

/** What the thread is told when it starts. */
export interface StateThreadStart {
  readonly path: string;
  /** Looks at the database without touching it. */
  readonly untouched: boolean;
  /** Where the process keeps compiled code; threads have to be told. */
  readonly compileCache: string | undefined;
}

/** From the main thread. Those with a number are answered, in order. */
export type StateOrder =
  | {
      readonly type: "ask";
      readonly number: number;
      readonly pair: Pair;
      readonly question: Question;
    }
  | {
      readonly type: "begin";
      readonly draft: number;
      readonly pair: Pair;
      readonly mode: "all" | "changes";
    }
  | { readonly type: "rows"; readonly draft: number; readonly rows: ScanRows }
  | { readonly type: "changes"; readonly draft: number; readonly changes: readonly Change[] }
  | { readonly type: "commit"; readonly number: number; readonly draft: number }
  | { readonly type: "abandon"; readonly draft: number }
  | { readonly type: "end" };

/** To the main thread: what was found, with whole paths for names; `failed` where the database cannot be had. */
export interface StateAnswer {
  readonly number: number;
  readonly found: EntryRows | undefined;
  readonly failed: string | undefined;
}

/** Talks to the thread, which starts with the first word said to it. */
export interface StateThread extends AsyncDisposable {
  readonly isRunning: () => boolean;
  ask(pair: Pair, question: Question): Promise<readonly RememberedPath[]>;
  /** Begins a draft, and returns its number. */
  begin(pair: Pair, mode: "all" | "changes"): number;
  rows(draft: number, rows: ScanRows): void;
  changes(draft: number, changes: readonly Change[]): void;
  commit(draft: number): Promise<void>;
  abandon(draft: number): void;
}

// Sources run as they are in development; the build puts the worker beside the program, as plain JavaScript.
const program: URL = new URL(
  import.meta.url.endsWith(".ts") ? "./state-worker.ts" : "./state-worker.js",
  import.meta.url,
);

// What the thread makes is stored or thrown away at once: a larger nursery would only take memory.
const resourceLimits = { maxYoungGenerationSizeMb: 3 };

/** Promises reject where the thread is lost or has no database. */
export function newStateThread(start: Omit<StateThreadStart, "compileCache">): StateThread {
  const waiting = new Map<number, PromiseWithResolvers<StateAnswer["found"]>>();
  let worker: Worker | undefined;
  let gone: Promise<void> | undefined;
  let lost: Error | undefined;
  let lastNumber = 0;

  const lose = (cause: unknown): void => {
    lost ??= new Error("the thread that keeps it has failed", { cause });
    for (const one of waiting.values()) one.reject(lost);
    waiting.clear();
  };
  const listen = ({ number, found, failed }: StateAnswer): void => {
    const one = waiting.get(number);
    waiting.delete(number);
    if (waiting.size === 0) worker?.unref();
    if (failed === undefined) one?.resolve(found);
    else one?.reject(new Error(failed));
  };
  const launch = (): Worker => {
    const { Worker } = process.getBuiltinModule("node:worker_threads");
    const workerData: StateThreadStart = { ...start, compileCache: getCompileCacheDir() };
    const one = new Worker(program, { workerData, resourceLimits });
    one.on("message", listen).on("error", lose).unref();
    gone = new Promise((resolve) => {
      one.once("exit", (code) => {
        lose(new Error(`it ended with ${code}`));
        resolve();
      });
    });
    return one;
  };
  const say = (order: StateOrder, transfer: ArrayBuffer[] = []): void => {
    if (lost === undefined) (worker ??= launch()).postMessage(order, transfer);
  };
  const converse = (order: (number: number) => StateOrder): Promise<StateAnswer["found"]> => {
    if (lost !== undefined) return Promise.reject(lost);
    const number = ++lastNumber;
    const one = Promise.withResolvers<StateAnswer["found"]>();
    waiting.set(number, one);
    say(order(number));
    worker?.ref();
    return one.promise;
  };
  return {
    isRunning: () => worker !== undefined && lost === undefined,
    async ask(pair, question) {
      const found = await converse((number) => ({ type: "ask", number, pair, question }));
      return found === undefined ? [] : pathsOf(found);
    },
    begin(pair, mode) {
      const draft = ++lastNumber;
      say({ type: "begin", draft, pair, mode });
      return draft;
    },
    rows: (draft, rows) => say({ type: "rows", draft, rows }, buffersOf(rows)),
    changes: (draft, changes) => say({ type: "changes", draft, changes }),
    async commit(draft) {
      await converse((number) => ({ type: "commit", number, draft }));
    },
    abandon: (draft) => say({ type: "abandon", draft }),
    async [Symbol.asyncDispose]() {
      if (worker === undefined) return;
      worker.ref();
      say({ type: "end" });
      await gone;
    },
  };
}

function pathsOf(rows: EntryRows): RememberedPath[] {
  const found: RememberedPath[] = [];
  const names = Buffer.from(rows.names.buffer, rows.names.byteOffset, rows.namesLength);
  const paths = names.toString("latin1");
  let at = 0;
  for (let row = 0; row < rows.count; row++) {
    const end = at + rows.columns[NAME_LENGTH]![row]!;
    const path = paths.slice(at, end) as RelPath;
    const entry = entryOf((id) => rows.columns[id]![row]!, rows.digests.get(row));
    if (entry !== undefined) found.push({ path, entry });
    at = end;
  }
  return found;
}
