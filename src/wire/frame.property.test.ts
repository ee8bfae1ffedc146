import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { frameBytes } from "../../test/support/raw-peer.ts";
import type { Frame } from "./frame.ts";
import { FrameParser, frameTypes } from "./frame.ts";
import { defaultLimits } from "./limits.ts";
import { WireError } from "./wire-error.ts";

const id = fc.integer({ min: 1, max: 2 ** 32 - 1 });
const none = fc.constant(new Uint8Array(0));
const small: fc.Arbitrary<Uint8Array> = fc.uint8Array({ maxLength: 40 });
const large: fc.Arbitrary<Uint8Array> = fc
  .tuple(fc.nat({ max: 100_000 }), fc.nat({ max: 255 }))
  .map(([length, byte]) => new Uint8Array(length).fill(byte));
const frame: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({
    type: fc.constantFrom("request", "data", "failure"),
    channel: id,
    payload: small,
  }),
  fc.record({ type: fc.constant("data"), channel: id, payload: large }),
  fc.record({ type: fc.constantFrom("end", "cancel"), channel: id, payload: none }),
  fc.record({ type: fc.constantFrom("ping", "pong"), channel: fc.constant(0), payload: none }),
  fc.record({ type: fc.constant("hello"), channel: fc.constant(0), payload: small }),
);

/** Bytes in pieces that end at these places. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length];
  ends.sort((a, b) => a - b);
  return ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
}

function parse(pieces: readonly Uint8Array[]): Frame[] {
  const frames: Frame[] = [];
  const parser = new FrameParser(
    { check: () => {}, take: (frame) => frames.push(frame) },
    defaultLimits,
  );
  for (const piece of pieces) parser.push(piece);
  return frames;
}

const streamOf = (frames: readonly Frame[]): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(
    Buffer.concat(frames.map(({ type, channel, payload }) => frameBytes(type, channel, payload))),
  );

test("frames are found however the stream is cut into pieces", () => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 8 }), fc.array(fc.nat()), (frames, places) => {
      expect(parse(cut(streamOf(frames), places))).toEqual(frames);
    }),
  );
});

test("a payload is the receiver's, whatever becomes of the pieces it came in", () => {
  const stream = streamOf([{ type: "data", channel: 1, payload: Uint8Array.of(1, 2, 3) }]);
  const [received] = parse([stream]);
  stream.fill(0);
  expect([...received!.payload]).toEqual([1, 2, 3]);
});

test("any bytes at all are frames, or refused, and what is allocated has been checked", () => {
  fc.assert(
    fc.property(
      fc.array(frame, { maxLength: 4 }),
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { maxLength: 4 }),
      (frames, flips) => {
        const stream = streamOf(frames);
        for (const [place, mask] of flips) {
          if (stream.length > 0) stream[place % stream.length]! ^= mask;
        }
        try {
          for (const { payload } of parse([stream])) {
            expect(payload.length).toBeLessThanOrEqual(defaultLimits.maxMessage);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      },
    ),
  );
});

describe("refused as soon as the head is there", () => {
  const head = (length: number, type: number, channel: number): Uint8Array => {
    const bytes = new Uint8Array(9);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, length, true);
    view.setUint8(4, type);
    view.setUint32(5, channel, true);
    return bytes;
  };
  const number = (type: (typeof frameTypes)[number]): number => frameTypes.indexOf(type) + 1;
  const cases: readonly (readonly [string, Uint8Array, string])[] = [
    [
      "data over the limit",
      head(2 ** 21 + 1, number("data"), 1),
      "a frame of type data is over its limit of 2097152 bytes",
    ],
    [
      "the largest length",
      head(2 ** 32 - 1, number("request"), 1),
      "a frame of type request is over its limit",
    ],
    [
      "a ping that says something",
      head(1, number("ping"), 0),
      "a frame of type ping is over its limit of 0",
    ],
    ["type 0", head(0, 0, 1), "a frame is of a type that is not known"],
    ["type 11", head(0, 11, 1), "a frame is of a type that is not known"],
    [
      "data for the session",
      head(0, number("data"), 0),
      "a frame of type data is for the wrong channel",
    ],
    [
      "a ping for a channel",
      head(0, number("ping"), 7),
      "a frame of type ping is for the wrong channel",
    ],
  ];
  for (const [name, bytes, message] of cases) {
    test(name, () => {
      expect(() => parse([bytes])).toThrow(WireError);
      expect(() => parse([bytes])).toThrow(message);
    });
  }

  test("anything after the goodbye", () => {
    const goodbye = frameBytes("goodbye");
    expect(parse([goodbye]).map(({ type }) => type)).toEqual(["goodbye"]);
    expect(() => parse([goodbye, Uint8Array.of(0)])).toThrow("something came after the goodbye");
  });
});
