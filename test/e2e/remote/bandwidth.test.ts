/** `--bwlimit`, measured on the line. */
import { utimesSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

import { afterAll, beforeAll, expect, test } from "vitest";

import { noise } from "../../support/noise.ts";
import type { Proxy } from "../../support/proxy.ts";
import { startProxy } from "../../support/proxy.ts";
import type { Way } from "../../support/remote.ts";
import { newScene, throughProxy, WAYS } from "../../support/remote.ts";
import type { Sshd } from "../../support/sshd.ts";
import { startSshd } from "../../support/sshd.ts";
import type { Running } from "../../support/syncline.ts";
import { start } from "../../support/syncline.ts";
import { files, makeTree } from "../../support/trees.ts";

let sshd: Sshd;

beforeAll(async () => {
  sshd = await startSshd();
  // What has to come along once is no part of what is measured.
  using scene = newScene(WAYS.push, sshd);
  makeTree(scene.source, files({ a: "a" }));
  await scene.mirror();
});

afterAll(() => sshd[Symbol.asyncDispose]());

const RATE = 400 * 1024;
const SIZE = 2 * RATE;

/** Seconds since the start, and bytes that have crossed in the direction of content. */
type Point = readonly [seconds: number, bytes: number];

async function measure(way: Way, running: Running, proxy: Proxy): Promise<Point[]> {
  const crossed = async (): Promise<number> => {
    const { toTarget, toClient } = await proxy.counters();
    return way.source === "local" ? toTarget : toClient;
  };
  const [began, before] = [performance.now(), await crossed()];
  const points: Point[] = [];
  for (let isOver = false; !isOver;) {
    isOver = await Promise.race([running.done.then(() => true), delay(40, false)]);
    points.push([(performance.now() - began) / 1000, (await crossed()) - before]);
  }
  return points;
}

test.concurrent.each([WAYS.push, WAYS.pull, WAYS.sftpPush, WAYS.sftpPull])(
  "$name: no more crosses the line than was allowed, at any moment, and that is made use of",
  async (way) => {
    await using proxy = await startProxy({ to: sshd.port });
    using scene = newScene(way, sshd, throughProxy(sshd, proxy));
    makeTree(scene.source, files({ a: "a" }));
    for (let n = 0; n < 10; n++) {
      writeFileSync(`${scene.source}/f${n}`, noise(SIZE / 10, n));
      utimesSync(`${scene.source}/f${n}`, 1.6e9, 1.6e9);
    }
    const line = ["mirror", "--json", "--bwlimit", "400K", scene.from, scene.to];
    const running = start(scene, line, scene.options);
    await running.until(/"type":"plan"/);
    const points = await measure(way, running, proxy);
    expect((await running.done).code).toBe(0);
    // One piece may be ahead.
    const tooEarly = points.filter(([seconds, bytes]) => bytes > RATE * (1.15 * seconds + 0.3));
    expect(tooEarly).toEqual([]);
    const from = points.find(([, bytes]) => bytes > 0.1 * SIZE)!;
    const to = points.find(([, bytes]) => bytes > 0.9 * SIZE)!;
    const rate = (to[1] - from[1]) / (to[0] - from[0]);
    expect(rate / RATE).toBeLessThan(1.15);
    // A busy machine may not get there.
    expect(rate / RATE).toBeGreaterThan(0.5);
  },
);
