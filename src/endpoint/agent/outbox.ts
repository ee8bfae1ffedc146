import type { Departures } from "../../wire/byte-pipe.ts";
import { mostEarly } from "../../wire/bootstrap.ts";
import { blockPrefix } from "../../wire/start-blocks.ts";

/** Takes bytes for an agent from the beginning on, whether it is there already or not. */
export interface Outbox {
  write(bytes: Uint8Array): Promise<void> | undefined;
  /** The way to the bootstrap is open: some bytes can go ahead, as blocks, so that the agent finds them when it starts. */
  open(departures: Departures): void;
  /** The agent starts when it has these files; everything else follows as it is. */
  release(files: readonly Uint8Array[]): void;
  /** Nobody wants any of it any more. */
  drop(): void;
}

export function newOutbox(): Outbox {
  let state: "closed" | "ahead" | "free" | "dropped" = "closed";
  let departures: Departures | undefined;
  let held: Uint8Array[] = [];
  let ahead = 0;
  let waiting: (() => void)[] = [];

  const settle = (): void => {
    for (const resolve of waiting) resolve();
    waiting = [];
  };
  const sendBlock = (bytes: Uint8Array): void => {
    void departures!.write(Buffer.from(blockPrefix(bytes.length)));
    if (bytes.length > 0) void departures!.write(bytes);
  };
  const sendHeld = (): void => {
    const now = held;
    held = [];
    for (const bytes of now) void take(bytes);
  };
  const take = (bytes: Uint8Array): Promise<void> | undefined => {
    if (state === "dropped" || bytes.length === 0) return undefined;
    if (state === "free") return departures!.write(bytes);
    // What is held is held in order.
    if (state === "ahead" && held.length === 0 && ahead + bytes.length <= mostEarly) {
      ahead += bytes.length;
      sendBlock(bytes);
      return undefined;
    }
    held.push(bytes);
    const size = ahead + held.reduce((sum, { length }) => sum + length, 0);
    if (size <= mostEarly) return undefined;
    return new Promise((resolve) => {
      waiting.push(resolve);
    });
  };
  return {
    write: take,
    open(way) {
      if (state !== "closed") return;
      departures = way;
      state = "ahead";
      sendHeld();
    },
    release(files) {
      if (state !== "ahead") return;
      sendBlock(new Uint8Array());
      for (const file of files) sendBlock(file);
      state = "free";
      sendHeld();
      settle();
    },
    drop() {
      state = "dropped";
      held = [];
      settle();
    },
  };
}
