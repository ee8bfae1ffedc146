import { createRequire } from "node:module";
import os from "node:os";

/**
 * Adds what Node 18 does not have and the agent's code uses; a Node that has it keeps its own. To be called before anything else is
 * loaded. Whether it is enough is proved by running under such a Node.
 */
export function fillGaps(): void {
  fill(Symbol, { dispose: Symbol.for("nodejs.dispose") });
  fill(Symbol, { asyncDispose: Symbol.for("nodejs.asyncDispose") });
  fill(os, { availableParallelism: () => Math.max(1, os.cpus().length) });
  fill(process, { getBuiltinModule: createRequire("/") });
  fill(Promise, { withResolvers });
  fill(Map, { groupBy: groupIntoMap });
  fill(Object, { groupBy: groupIntoObject });
  fill(Array.prototype, { toSorted, toReversed, toSpliced, with: withOne });
  fill(Object.getPrototypeOf(Uint8Array.prototype) as object, {
    toSorted,
    toReversed,
    with: withOne,
  });
  fill(AbortSignal, { any: anySignal });
}

function fill(target: object, values: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (name in target) continue;
    Object.defineProperty(target, name, { value, configurable: true, writable: true });
  }
}

function withResolvers<T>(): Pick<PromiseWithResolvers<T>, "promise" | "resolve" | "reject"> {
  let resolve!: (value: T | PromiseLike<T>) => void;
  let reject!: (reason?: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

function groupIntoMap<T, K>(items: Iterable<T>, keyOf: (item: T, index: number) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  let index = 0;
  for (const item of items) {
    const key = keyOf(item, index++);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

function groupIntoObject<T>(
  items: Iterable<T>,
  keyOf: (item: T, index: number) => PropertyKey,
): object {
  const groups = Object.create(null) as Record<PropertyKey, T[]>;
  for (const [key, group] of groupIntoMap(items, keyOf)) groups[key] = group;
  return groups;
}

/** Arrays and typed arrays alike: what can be copied, and changed in place. */
interface Sequence {
  slice(): Sequence;
  sort(compare?: (a: unknown, b: unknown) => number): Sequence;
  reverse(): Sequence;
  [index: number]: unknown;
  readonly length: number;
}

function toSorted(this: Sequence, compare?: (a: unknown, b: unknown) => number): Sequence {
  return this.slice().sort(compare);
}

function toReversed(this: Sequence): Sequence {
  return this.slice().reverse();
}

function toSpliced<T>(this: readonly T[], ...change: [number, number, ...T[]]): T[] {
  const copy = [...this];
  copy.splice(...change);
  return copy;
}

function withOne(this: Sequence, index: number, value: unknown): Sequence {
  const at = index < 0 ? this.length + index : index;
  if (!(at >= 0 && at < this.length)) throw new RangeError("there is no such index");
  const copy = this.slice();
  copy[at] = value;
  return copy;
}

function anySignal(signals: Iterable<AbortSignal>): AbortSignal {
  const controller = new AbortController();
  for (const signal of signals) {
    const abort = (): void => controller.abort(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true, signal: controller.signal });
  }
  return controller.signal;
}
