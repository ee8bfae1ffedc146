import type { Frame, FrameType } from "../../src/wire/frame.ts";
import { FrameParser, headBytes, writeHead } from "../../src/wire/frame.ts";
import { encodeHello } from "../../src/wire/hello.ts";
import type { Limits } from "../../src/wire/limits.ts";
import { defaultLimits } from "../../src/wire/limits.ts";
import type { Transport } from "../../src/wire/transport.ts";

/** The other side of a session, without any manners: it sends what it is told to, and answers nothing by itself. */
export interface RawPeer {
  readonly say: (type: FrameType, channel?: number, payload?: Uint8Array) => void;
  readonly hello: () => void;
  readonly write: (bytes: Uint8Array) => void;
  /** All frames that have come. */
  readonly heard: readonly Frame[];
  readonly types: () => FrameType[];
}

export function frameBytes(type: FrameType, channel: number = 0, payload?: Uint8Array): Uint8Array {
  const frame = { type, channel, payload: payload ?? new Uint8Array(0) };
  const bytes = new Uint8Array(headBytes + frame.payload.length);
  writeHead(bytes, 0, frame);
  bytes.set(frame.payload, headBytes);
  return bytes;
}

export function rawPeer(transport: Transport, limits: Limits = defaultLimits): RawPeer {
  const heard: Frame[] = [];
  const parser = new FrameParser(
    { check: () => {}, take: (frame) => heard.push(frame) },
    { ...defaultLimits, maxMessage: 2 ** 30 },
  );
  void (async () => {
    for await (const piece of transport.incoming) parser.push(piece);
  })();
  const say: RawPeer["say"] = (type, channel, payload) => {
    void transport.write(frameBytes(type, channel, payload));
  };
  return {
    say,
    hello: () => say("hello", 0, encodeHello({ limits, facts: new Map() })),
    write: (bytes) => void transport.write(bytes),
    heard,
    types: () => heard.map(({ type }) => type),
  };
}
