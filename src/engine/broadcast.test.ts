import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { broadcast } from "./broadcast.ts";

/** A source that counts: values handed out, and whether it was told that nobody wants more. */
function counting(
  values: number,
  failure?: Error,
): AsyncIterable<number> & { given: number; ended: boolean } {
  const source = {
    given: 0,
    ended: false,
    async *[Symbol.asyncIterator]() {
      try {
        while (source.given < values) yield source.given++;
        if (failure !== undefined) throw failure;
      } finally {
        source.ended = true;
      }
    },
  };
  return source;
}

async function take(from: AsyncIterable<number>, most: number = Infinity): Promise<number[]> {
  const out: number[] = [];
  if (most === 0) return out;
  for await (const value of from) {
    out.push(value);
    if (out.length >= most) break;
  }
  return out;
}

const settled = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

describe("every reader", () => {
  test("sees every value, and the source is read once", async () => {
    const source = counting(5);
    const seen = await Promise.all(broadcast(source, 3).map((reader) => take(reader)));
    expect(seen).toEqual([1, 2, 3].map(() => [0, 1, 2, 3, 4]));
    expect(source).toMatchObject({ given: 5, ended: true });
  });

  test("sees the failure of the source after the values before it", async () => {
    const failure = new Error("the source cannot be read");
    const readers = broadcast(counting(2, failure), 3);
    const seen = readers.map(async (reader) => {
      const values: number[] = [];
      const error = await (async () => {
        for await (const value of reader) values.push(value);
      })().catch((error: unknown) => error);
      return [values, error];
    });
    expect(await Promise.all(seen)).toEqual([1, 2, 3].map(() => [[0, 1], failure]));
  });

  test("may read on after the end", async () => {
    const [reader] = broadcast(counting(1), 1);
    const iterator = reader![Symbol.asyncIterator]();
    const results = [await iterator.next(), await iterator.next(), await iterator.next()];
    expect(results.map(({ done }) => done)).toEqual([false, true, true]);
  });
});

describe("a slow reader", () => {
  test("holds up the others, so that one value is held and no more", async () => {
    const source = counting(10);
    const [fast, slow] = broadcast(source, 2).map((reader) => reader[Symbol.asyncIterator]());
    const first = fast!.next();
    await settled();
    expect(source.given).toBe(0);
    expect(await slow!.next()).toEqual({ done: false, value: 0 });
    expect(await first).toEqual({ done: false, value: 0 });
    const second = fast!.next();
    await settled();
    expect(source.given).toBe(1);
    expect(await slow!.next()).toEqual(await second);
  });
});

describe("a reader that leaves", () => {
  test("is not waited for", async () => {
    const source = counting(6);
    const [a, b, c] = broadcast(source, 3);
    const seen = await Promise.all([take(a!, 2), take(b!), take(c!, 4)]);
    expect(seen.map(({ length }) => length)).toEqual([2, 6, 4]);
  });

  test("is not waited for either when it has read nothing", async () => {
    const [a, b] = broadcast(counting(3), 2);
    await a![Symbol.asyncIterator]().return?.();
    expect(await take(b!)).toEqual([0, 1, 2]);
  });

  test("is not waited for either while it waits itself", async () => {
    const [a, b] = broadcast(counting(3), 2).map((reader) => reader[Symbol.asyncIterator]());
    const waiting = a!.next();
    const left = a!.return?.();
    expect(await b!.next()).toEqual({ done: false, value: 0 });
    expect(await b!.next()).toEqual({ done: false, value: 1 });
    expect(await b!.next()).toEqual({ done: false, value: 2 });
    await Promise.all([waiting, left]);
    expect(await b!.next()).toEqual({ done: true, value: undefined });
  });

  test("leaves once, however often it says so", async () => {
    const [a, b, c] = broadcast(counting(2), 3).map((reader) => reader[Symbol.asyncIterator]());
    await a!.return?.();
    await a!.return?.();
    const waiting = b!.next();
    await settled();
    expect(await Promise.race([waiting, settled().then(() => "waits")])).toBe("waits");
    expect(await c!.next()).toEqual(await waiting);
  });

  test("ends the source when it was the last", async () => {
    const source = counting(5);
    const [a, b] = broadcast(source, 2);
    await Promise.all([take(a!, 1), take(b!, 2)]);
    expect(source).toMatchObject({ given: 2, ended: true });
  });
});

test("however readers come and go, each sees the values in order from the first", async () => {
  const leaving = fc.array(fc.option(fc.nat(8), { nil: Infinity }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(leaving, fc.nat(6), fc.scheduler(), async (mosts, values, scheduler) => {
      const readers = broadcast(counting(values), mosts.length);
      const seen = readers.map(async (reader, i) => {
        const out: number[] = [];
        const iterator = reader[Symbol.asyncIterator]();
        while (out.length < mosts[i]!) {
          await scheduler.schedule(Promise.resolve());
          const next = await iterator.next();
          if (next.done === true) break;
          out.push(next.value);
        }
        await iterator.return?.();
        return out;
      });
      await scheduler.waitFor(Promise.all(seen));
      expect(await Promise.all(seen)).toEqual(
        mosts.map((most) => Array.from({ length: Math.min(most, values) }, (_, n) => n)),
      );
    }),
    { numRuns: 200 },
  );
});
