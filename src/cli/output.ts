/** A place for text, with what its reader can do. */
export interface Output {
  readonly isTerminal: boolean;
  /** Columns and rows of the terminal; 80 by 24 where there is none. */
  readonly columns: () => number;
  readonly rows: () => number;
  readonly write: (text: string) => void;
  /** Hands over what has been gathered; resolves when all of it has been taken. */
  readonly flush: () => Promise<void>;
}

/** The part of a standard stream that is used. */
export interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string, done?: () => void): unknown;
  on(event: "error", listener: () => void): unknown;
}

const fullEnough = 65_536;

/**
 * The two outputs of a process. Lines for a file or a pipe are gathered, since a plan may have a hundred thousand; what
 * goes to the other stream pushes them out first, so that both keep their order where they end in one place.
 */
export function openOutputs(out: OutputStream, err: OutputStream): { out: Output; err: Output } {
  const first = openOutput(out);
  const second = openOutput(err);
  const ordered = (output: Output, other: Output): Output => ({
    ...output,
    write: (text) => {
      void other.flush();
      output.write(text);
    },
  });
  return { out: ordered(first, second), err: ordered(second, first) };
}

/** One output. A reader that has gone away is not an error: what is left to say is dropped, the work goes on. */
export function openOutput(stream: OutputStream): Output {
  const isTerminal = stream.isTTY === true;
  let gathered = "";
  let isGone = false;
  stream.on("error", () => (isGone = true));
  const flush = () => {
    if (gathered === "" || isGone) return Promise.resolve();
    const text = gathered;
    gathered = "";
    return new Promise<void>((resolve) => {
      stream.write(text, resolve);
    });
  };
  return {
    isTerminal,
    columns: () => stream.columns ?? 80,
    rows: () => stream.rows ?? 24,
    flush,
    write: (text) => {
      if (gathered === "" && !isTerminal) setImmediate(() => void flush());
      gathered += text;
      if (isTerminal || gathered.length >= fullEnough) void flush();
    },
  };
}
