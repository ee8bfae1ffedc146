/** What is said of runs with other hosts, to programs and to people. */
import { readFileSync } from "node:fs";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { newScene, typed, WAYS } from "../../support/remote.ts";
import type { Sshd } from "../../support/sshd.ts";
import { startSshd } from "../../support/sshd.ts";
import type { Result } from "../../support/syncline.ts";
import { eventsOf, mirror, ofType, summaryOf } from "../../support/syncline.ts";
import { files, makeTree } from "../../support/trees.ts";

let sshd: Sshd;

beforeAll(async () => {
  sshd = await startSshd();
  // What has to come along once is not what is counted.
  using scene = newScene(WAYS.push, sshd);
  makeTree(scene.source, files({ a: "a" }));
  await scene.mirror();
});

afterAll(() => sshd[Symbol.asyncDispose]());

/** Content that is compressed to next to nothing, and none that moves. */
const CONTENT = "0123456789".repeat(20_000);

/** What a run reported of what it did and how it ended. */
function doings(result: Pick<Result, "stdout">): unknown[] {
  return eventsOf(result)
    .filter(({ type }) => ["action", "problem", "summary"].includes(type))
    .map(({ time: _time, ...event }) => event);
}

describe.each([WAYS.push, WAYS.pull, WAYS.relay, WAYS.sftpPush, WAYS.sftpPull])("$name", (way) => {
  test("the summary has every field of the contract, and the log and the history say the same", async () => {
    using scene = newScene(way, sshd);
    makeTree(scene.source, files({ a: CONTENT, "d/b": "123", same: "same" }));
    makeTree(scene.target, files({ a: "1", gone: "1" }));
    const log = scene.path("log");
    const result = await scene.mirror("--log", log);
    const summary = summaryOf(result);
    expect(eventsOf(result).at(-1)).toEqual({
      type: "summary",
      version: 1,
      run: 1,
      source: scene.from,
      target: scene.to,
      checked: 4,
      created: 3,
      updated: 1,
      moved: 0,
      copied: 0,
      deleted: 1,
      metadata: expect.any(Number),
      skipped: 0,
      problems: 0,
      conflicts: 0,
      bytesSent: expect.any(Number),
      bytesReceived: expect.any(Number),
      bytesCopied: 200_007,
      bytesAvoided: 0,
      durationMs: expect.any(Number),
      exitCode: 0,
    });
    const { bytesSent, bytesReceived } = summary as unknown as Record<string, number>;
    const [toThere, fromThere] = way.name.includes("SFTP") ? [200_007, 200_007] : [500, 500];
    expect(bytesSent).toBeGreaterThan(way.source === "local" ? toThere : 300);
    expect(bytesReceived).toBeGreaterThan(way.source === "local" ? 300 : fromThere);
    // Compressed as it was.
    const most = way.name.includes("SFTP") ? 260_000 : 30_000;
    expect(bytesSent! + bytesReceived!).toBeLessThan(most);

    expect(ofType(result, "start")).toMatchObject([{ source: scene.from, target: scene.to }]);
    expect(doings({ stdout: readFileSync(log, "utf8") })).toEqual(doings(result));
    const told = await scene.run("log", "--json", "1");
    expect(eventsOf(told)).toEqual(doings(result));
    const history = await scene.run("history", "--json");
    expect(eventsOf(history)).toMatchObject([
      { type: "run", run: 1, exitCode: 0, summary: { checked: 4, bytesSent, bytesReceived } },
    ]);
  });
});

test("of several targets each has what its own connection carried, and one that is away is named", async () => {
  using scene = newScene(WAYS.push, sshd);
  makeTree(scene.source, files({ a: "a", "d/b": "b" }));
  const near = scene.path("near");
  const away = typed("agent", scene.path("gone")).replace("here:", "nowhere:");
  const result = await mirror(scene, [scene.source, away, near, scene.to], scene.options);
  expect(result.code).toBe(10);
  const [gone, local, far] = [away, near, scene.to].map((target) => {
    const summaries = ofType(result, "summary").filter((one) => one["target"] === target);
    expect(summaries).toHaveLength(1);
    return summaries[0]!;
  });
  expect([gone, local, far]).toMatchObject([
    { exitCode: 10, created: 0, bytesSent: 0, bytesReceived: 0 },
    { exitCode: 0, created: 3, bytesSent: 0, bytesReceived: 0 },
    { exitCode: 0, created: 3, bytesSent: expect.any(Number) },
  ]);
  expect(Number(far?.["bytesSent"])).toBeGreaterThan(300);
  expect(ofType(result, "error")).toMatchObject([
    { target: away, code: "ENDPOINT_UNREACHABLE", message: expect.stringContaining("refused") },
  ]);
  const inWords = await scene.run("mirror", scene.source, away, near, scene.to);
  expect([inWords.code, inWords.stderr]).toEqual([
    10,
    expect.stringContaining(`syncline: ${away}: nowhere: the connection was refused`),
  ]);
  expect(inWords.stdout.match(/^[✓✗].*/gm)).toEqual([
    expect.stringMatching(`^✗ .* → ${away}  out of reach`),
    expect.stringMatching(`^✓ .* → ${near} `),
    expect.stringMatching(`^✓ .* → ${scene.to} `),
  ]);
});
