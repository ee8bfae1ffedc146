/**
 * Lets several readers read one stream: each sees every value, the source is read once, and the fastest reader waits for
 * the slowest, so that no more than one value is held. A reader that leaves early is not waited for.
 */
export function broadcast<T>(source: AsyncIterable<T>, readers: number): AsyncIterable<T>[] {
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

  const leave = async (): Promise<void> => {
    active--;
    if (active === 0) await iterator.return?.();
    else turn();
  };

  return Array.from({ length: readers }, () => ({
    async *[Symbol.asyncIterator]() {
      try {
        for (;;) {
          const { promise } = round;
          asked++;
          turn();
          const next = await promise;
          if (next.done === true) return;
          yield next.value;
        }
      } finally {
        await leave();
      }
    },
  }));
}
