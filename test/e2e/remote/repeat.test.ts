/** Runs that repeat, with a host that is not always there. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { judge } from "../../support/judge.ts";
import { startProxy } from "../../support/proxy.ts";
import { newScene, throughProxy, WAYS } from "../../support/remote.ts";
import type { Sshd } from "../../support/sshd.ts";
import { startSshd } from "../../support/sshd.ts";
import { ofType, start } from "../../support/syncline.ts";
import { files, makeTree } from "../../support/trees.ts";

let sshd: Sshd;

beforeAll(async () => {
  sshd = await startSshd();
});

afterAll(() => sshd[Symbol.asyncDispose]());

describe.each([WAYS.push, WAYS.pull])("$name", (way) => {
  test("a host that is away costs a run, the next one picks up what has changed, and quit ends it cleanly", async () => {
    await using proxy = await startProxy({ to: sshd.port });
    using scene = newScene(way, sshd, throughProxy(sshd, proxy));
    makeTree(scene.source, files({ a: "1" }));
    const line = ["mirror", "--json", "--every", "1s", scene.from, scene.to];
    const running = start(scene, line, { ...scene.options, keepInput: true });
    await running.until(/"type":"summary"[^\n]*"exitCode":0/);
    await proxy.refuse();
    await proxy.cut();
    makeTree(scene.source, files({ "new/b": "2" }));
    await running.until(/"code":"ENDPOINT_UNREACHABLE"/);
    await proxy.resume();
    await running.until(
      /"path":"new\/b"[^\n]*"outcome":"done"[^]*"type":"summary"[^\n]*"exitCode":0/,
    );
    running.say("quit\n");
    const result = await running.done;
    expect([result.code, judge(scene.source, scene.target, scene.tolerance)]).toEqual([0, []]);
    const created = ofType(result, "summary").map((one) => one["created"]);
    expect([created[0], created.at(-1), Math.max(...(created as number[]))]).toEqual([
      1,
      expect.any(Number),
      2,
    ]);
    // Each run has a connection of its own, and gives it back.
    await expect.poll(() => sshd.serving(), { timeout: 5000 }).toEqual([]);
  });
});

test("an end in the middle of a run lets it finish, and no other begins", async () => {
  using scene = newScene(WAYS.push, sshd);
  makeTree(scene.source, [{ path: "large", kind: "file", size: 300_000, fill: 1 }]);
  makeTree(scene.source, files({ "z/last": "z" }));
  const line = ["mirror", "--json", "--every", "1s", "--bwlimit", "200K", scene.from, scene.to];
  const running = start(scene, line, { ...scene.options, keepInput: true });
  await running.until(/"type":"plan"/);
  running.child.kill("SIGTERM");
  const result = await running.done;
  expect([result.code, judge(scene.source, scene.target)]).toEqual([130, []]);
  expect(ofType(result, "summary")).toHaveLength(1);
});
