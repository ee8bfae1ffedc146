import { Console } from "node:console";
import { Socket } from "node:net";

import { arrivalsOf, departuresTo } from "../wire/byte-pipe.ts";
import { unframed } from "../wire/start-blocks.ts";
import type { Transport } from "../wire/transport.ts";
import type { AgentStart } from "./agent-start.ts";

/** Standard input and output as a transport. */
export interface Stdio {
  readonly transport: Transport;
  /** Resolves when the other side is not there any more. */
  readonly closed: Promise<void>;
  /** Resolves when everything written has left. */
  readonly finish: () => Promise<void>;
}

/** Takes hold of both. From then on, whatever else is printed by whomever goes to standard error. */
export function openStdio({ early, isFramed }: AgentStart): Stdio {
  const output = new Socket({ fd: 1, readable: false, writable: true });
  Object.defineProperty(process, "stdout", { value: process.stderr, configurable: true });
  globalThis.console = new Console(process.stderr, process.stderr);
  const input = process.stdin;
  const arrivals = arrivalsOf(input);
  const departures = departuresTo(output);
  let isOurEnd = false;
  const closed = new Promise<void>((resolve) => {
    const end = (): void => {
      if (!isOurEnd) resolve();
    };
    for (const event of ["end", "error", "close"]) input.on(event, end);
    output.on("error", end);
  });
  return {
    closed,
    finish: () =>
      new Promise((resolve) => {
        if (output.destroyed) resolve();
        else output.once("close", resolve).end(resolve);
      }),
    transport: {
      incoming: unframed(early, isFramed, arrivals),
      write: (bytes) => departures.write(bytes),
      traffic: () => ({ sent: departures.count, received: early.length + arrivals.count }),
      destroy() {
        isOurEnd = true;
        input.destroy();
        output.destroy();
      },
    },
  };
}
