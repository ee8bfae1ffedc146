/** A stream of bytes to read from, as Node has them: only what is used here. */
export interface ByteReader {
  on(event: string, listener: (...values: never[]) => void): unknown;
  pause(): unknown;
  resume(): unknown;
  destroy(): unknown;
}

/** A stream of bytes to write to, as Node has them: only what is used here. */
export interface ByteWriter {
  on(event: string, listener: (...values: never[]) => void): unknown;
  write(bytes: Uint8Array, done: () => void): boolean;
  end(): unknown;
  destroy(): unknown;
  readonly writableLength: number;
}

/** Bytes that may lie between us and a slow stream, each way, before somebody has to wait. */
const mostAhead = 1 << 20;

/** What arrives on a stream, read ahead of whoever takes it. */
export interface Arrivals extends AsyncIterable<Uint8Array> {
  /** The next piece; `undefined` at the end, whatever brought that about. */
  next(): Promise<Uint8Array | undefined>;
  readonly count: number;
}

export function arrivalsOf(stream: ByteReader): Arrivals {
  const pieces: Uint8Array[] = [];
  let ahead = 0;
  let count = 0;
  const state = { isOver: false };
  let wake: (() => void) | undefined;
  const stir = (): void => {
    wake?.();
    wake = undefined;
  };
  const finish = (): void => {
    state.isOver = true;
    stir();
  };
  stream.on("data", (piece: Uint8Array) => {
    pieces.push(piece);
    count += piece.length;
    ahead += piece.length;
    if (ahead > mostAhead) stream.pause();
    stir();
  });
  for (const event of ["end", "error", "close"]) stream.on(event, finish);

  const next = async (): Promise<Uint8Array | undefined> => {
    while (pieces.length === 0 && !state.isOver) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    const piece = pieces.shift();
    if (piece === undefined) return undefined;
    if (ahead > mostAhead && ahead - piece.length <= mostAhead) stream.resume();
    ahead -= piece.length;
    return piece;
  };
  return {
    next,
    get count() {
      return count;
    },
    async *[Symbol.asyncIterator]() {
      for (let piece = await next(); piece !== undefined; piece = await next()) yield piece;
    },
  };
}

/** Where bytes go to; a stream that has broken swallows them. */
export interface Departures {
  write(bytes: Uint8Array): Promise<void> | undefined;
  readonly count: number;
}

export function departuresTo(stream: ByteWriter): Departures {
  let count = 0;
  let isBroken = false;
  let waiting: (() => void)[] = [];
  const settle = (): void => {
    if (!isBroken && stream.writableLength > mostAhead) return;
    const now = waiting;
    waiting = [];
    for (const resolve of now) resolve();
  };
  const lose = (): void => {
    isBroken = true;
    settle();
  };
  for (const event of ["error", "close"]) stream.on(event, lose);
  return {
    get count() {
      return count;
    },
    write(bytes) {
      if (isBroken) return undefined;
      count += bytes.length;
      stream.write(bytes, settle);
      if (stream.writableLength <= mostAhead) return undefined;
      return new Promise((resolve) => {
        waiting.push(resolve);
      });
    },
  };
}
