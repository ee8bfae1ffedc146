import { fork } from "node:child_process";
import { once } from "node:events";

/** How the line between the two ends is. What is left out is without limit. */
export interface LineOptions {
  /** Round trip, in milliseconds; each direction has half of it. */
  readonly delayMs?: number;
  /** In each direction, shared fairly by all connections. */
  readonly bytesPerSecond?: number;
}

/** Since the proxy was started, over all connections. */
export interface Counters {
  readonly toTarget: number;
  readonly toClient: number;
  /** How many are open now, on the side of the clients. */
  readonly connections: number;
  /** How many there have been. */
  readonly accepted: number;
}

/** A line to a port of this machine that can be slow and that can fail. Disposing stops it. */
export interface Proxy extends AsyncDisposable {
  /** Of 127.0.0.1: where to connect to, instead of to the target. */
  readonly port: number;
  readonly counters: () => Promise<Counters>;
  /** Holds for what arrives from now on, on connections that are open, too. */
  readonly setOptions: (options: LineOptions) => Promise<void>;
  /** Resets every connection that is open. New ones are served. */
  readonly cut: () => Promise<void>;
  /** Does the same as soon as so many more bytes have passed, both directions together; again, after so many more, and so on. */
  readonly cutAfter: (...bytes: readonly number[]) => Promise<void>;
  /** Takes nothing further and delivers nothing; connections stay open, and new ones open and are never answered. */
  readonly stall: () => Promise<void>;
  /** Lets new connections fail at once, as where nothing listens. */
  readonly refuse: () => Promise<void>;
  /** Ends stalling and refusing. What was held back is delivered. */
  readonly resume: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** What the process of a proxy can be asked to do, and what it answers. */
export interface ProxyRequest {
  readonly id: number;
  readonly command: "counters" | "options" | "cut" | "cut-after" | "stall" | "refuse" | "resume";
  readonly options?: LineOptions;
  readonly bytes?: readonly number[];
}

export type ProxyMessage =
  | { readonly type: "listening"; readonly port: number }
  | { readonly type: "done"; readonly id: number; readonly counters: Counters };

/** Starts a proxy before a port of 127.0.0.1, in a process of its own: neither waits for the other's work. */
export async function startProxy(options: LineOptions & { readonly to: number }): Promise<Proxy> {
  const { to, ...line } = options;
  const file = new URL("./proxy-process.ts", import.meta.url);
  // Detached, so that Ctrl-C reaches only who has to decide what follows from it.
  const child = fork(file, [String(to), JSON.stringify(line)], { detached: true, execArgv: [] });
  const ended = once(child, "exit");
  const waiting = new Map<number, (counters: Counters) => void>();
  const port = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the proxy ended with ${code}`)));
    child.on("message", (message: ProxyMessage) => {
      if (message.type === "listening") resolve(message.port);
      else waiting.get(message.id)?.(message.counters);
    });
  });
  let last = 0;
  const ask = async (request: Omit<ProxyRequest, "id">): Promise<Counters> => {
    const id = ++last;
    const answer = new Promise<Counters>((resolve) => {
      waiting.set(id, resolve);
    });
    child.send({ id, ...request } satisfies ProxyRequest);
    const died = ended.then(() => Promise.reject(new Error("the proxy has ended")));
    try {
      return await Promise.race([answer, died]);
    } finally {
      waiting.delete(id);
    }
  };
  const order = async (request: Omit<ProxyRequest, "id">): Promise<void> => {
    await ask(request);
  };
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended;
  };
  return {
    port,
    counters: () => ask({ command: "counters" }),
    setOptions: (options) => order({ command: "options", options }),
    cut: () => order({ command: "cut" }),
    cutAfter: (...bytes) => order({ command: "cut-after", bytes }),
    stall: () => order({ command: "stall" }),
    refuse: () => order({ command: "refuse" }),
    resume: () => order({ command: "resume" }),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
