/**
 * Lets several readers read one stream: each sees every value, the source is read once, and the fastest reader waits for
 * the slowest, so that no more than one value is held. A reader that leaves, even before it has read anything, is not
 * waited for; one that never comes is, so whoever will not read has to say so with `return`. A reader asks for one value
 * at a time.
 */
export function broadcast<T>(
  source: AsyncIterable<T>,
  readers: number,
): AsyncIterableIterator<T, undefined>[] {
  const iterator = source[Symbol.asyncIterator]();
  let active = readers;
  let asked = 0;
  let round: PromiseWithResolvers<IteratorResult<T>> = Promise.withResolvers();

  /** When everybody has asked, the next value is fetched and handed to all. */
  const turn = (): void => {
    if (active === 0 || asked < active) return;
    const { resolve, reject } = round;
    asked = 0;
    round = Promise.withResolvers();
    iterator.next().then(resolve, reject);
  };

  const newReader = (): AsyncIterableIterator<T, undefined> => {
    let hasLeft = false;
    /** The round it waits for, if it does. */
    let waitsFor: Promise<IteratorResult<T>> | undefined;

    const leave = async (): Promise<void> => {
      if (hasLeft) return;
      hasLeft = true;
      active--;
      if (waitsFor === round.promise) asked--;
      if (active === 0) await iterator.return?.();
      else turn();
    };

    return {
      async next() {
        if (hasLeft) return ended;
        const { promise } = round;
        waitsFor = promise;
        asked++;
        turn();
        try {
          const next = await promise;
          if (next.done !== true) return next;
        } catch (error) {
          await leave();
          throw error;
        }
        await leave();
        return ended;
      },
      async return() {
        await leave();
        return ended;
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  };
  return Array.from({ length: readers }, newReader);
}

const ended = { done: true, value: undefined } as const;
