import { describe, expect, test } from "vitest";
import type { FakeTimers } from "../../test/support/fake-timers.ts";
import { fakeTimers } from "../../test/support/fake-timers.ts";
import { Pulse } from "./session-pulse.ts";

/** What a pulse sees, and what it does, for tests to change and to look at. */
interface Body {
  taken: number;
  isBlocked: boolean;
  needsProof: boolean;
  pings: number;
  gone: string | undefined;
}

function pulse(): { body: Body; pulse: Pulse; timers: FakeTimers } {
  const timers = fakeTimers();
  const body: Body = { taken: 0, isBlocked: false, needsProof: false, pings: 0, gone: undefined };
  const it: Pulse = new Pulse(
    { timers, keepAliveMs: 4000, deadlineMs: 10_000 },
    {
      taken: () => body.taken,
      isBlocked: () => body.isBlocked,
      needsProof: () => body.needsProof,
      sendPing: () => body.pings++,
      onGone: (message) => {
        body.gone = message;
        it.stop();
      },
    },
  );
  it.start();
  return { body, pulse: it, timers };
}

/** After how many seconds the other side is given up, when that happens in each of them. */
async function secondsTo(
  { body, timers }: ReturnType<typeof pulse>,
  everySecond: (second: number) => void,
): Promise<number> {
  for (let second = 1; second <= 300; second++) {
    everySecond(second);
    await timers.pass(1000);
    if (body.gone !== undefined) return second;
  }
  return Infinity;
}

describe("the other side is given up", () => {
  test("after silence of the deadline, and asked before", async () => {
    const it = pulse();
    expect(await secondsTo(it, () => {})).toBe(10);
    expect(it.body).toMatchObject({ pings: 1, gone: "the other side was silent for 10 s" });
    expect(it.timers.count()).toBe(0);
  });

  test("never, as long as frames come to their end", async () => {
    const it = pulse();
    expect(await secondsTo(it, () => it.pulse.onFrame())).toBe(Infinity);
    expect(it.body.pings).toBe(0);
  });

  test("never, as long as a large frame gets on", async () => {
    const it = pulse();
    expect(await secondsTo(it, () => it.pulse.onBytes(1024))).toBe(Infinity);
  });

  test("though a frame trickles in", async () => {
    const it = pulse();
    expect(await secondsTo(it, () => it.pulse.onBytes(1000))).toBe(10);
  });

  test("ten times as late while it takes what is sent, since the ping waits in line", async () => {
    const it = pulse();
    expect(await secondsTo(it, () => it.body.taken++)).toBe(100);
  });

  test("when it takes nothing, though it sends", async () => {
    const it = pulse();
    it.body.isBlocked = true;
    expect(await secondsTo(it, () => it.pulse.onFrame())).toBe(10);
    expect(it.body.gone).toBe("the other side took nothing of what was sent for 10 s");
  });

  test("when a pong is missing, though it sends: ten times as late", async () => {
    const it = pulse();
    it.body.needsProof = true;
    // The ping goes out with the first beat.
    expect(await secondsTo(it, () => it.pulse.onFrame())).toBe(101);
    expect(it.body).toMatchObject({
      pings: 1,
      gone: "the other side did not answer a ping for 10 s",
    });
  });

  test("never, when each ping is answered", async () => {
    const it = pulse();
    const answer = (): void => {
      if (it.pulse.sent > it.pulse.answered) {
        expect(it.pulse.onPong()).toBe(true);
        it.pulse.onFrame();
      }
    };
    expect(await secondsTo(it, answer)).toBe(Infinity);
    while (it.pulse.answered < it.pulse.sent) it.pulse.onPong();
    expect(it.pulse.onPong()).toBe(false);
  });
});

test("a hundred pings between two beats are borne, and no more", async () => {
  const it = pulse();
  const borne = (): boolean[] => Array.from({ length: 101 }, () => it.pulse.onPing());
  const expected = Array.from({ length: 101 }, (_, i) => i < 100);
  expect(borne()).toEqual(expected);
  await it.timers.pass(1000);
  expect(borne()).toEqual(expected);
});
