/** Parts a list so that no part has more items, or more bytes by that estimate, than a message should. */
export function* batchesBySize<T>(
  items: readonly T[],
  most: { readonly items: number; readonly bytes: number },
  bytesOf: (item: T) => number,
): Generator<readonly T[]> {
  let from = 0;
  let bytes = 0;
  for (let i = 0; i < items.length; i++) {
    const own = bytesOf(items[i]!);
    if (i > from && (i - from >= most.items || bytes + own > most.bytes)) {
      yield items.slice(from, i);
      from = i;
      bytes = 0;
    }
    bytes += own;
  }
  if (from < items.length) yield items.slice(from);
}
