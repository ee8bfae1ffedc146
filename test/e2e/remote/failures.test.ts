/** What stands in the way of a run with another host, told apart and said plainly. */
import { existsSync } from "node:fs";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { fingerprint, walk } from "../../support/judge.ts";
import type { Scene } from "../../support/remote.ts";
import { newScene, WAYS } from "../../support/remote.ts";
import type { Sshd, SshdHost } from "../../support/sshd.ts";
import { startSshd } from "../../support/sshd.ts";
import { mirror, ofType } from "../../support/syncline.ts";
import { files, makeTree } from "../../support/trees.ts";

let sshd: Sshd;

beforeAll(async () => {
  sshd = await startSshd();
});

afterAll(() => sshd[Symbol.asyncDispose]());

interface Failure {
  readonly code: string;
  readonly words: RegExp;
  readonly hint: RegExp;
}

/** A push in words and a pull over SFTP as objects both say what has failed, and how to go on. Nothing is changed. */
async function fails(scene: Scene, host: string, { code, words, hint }: Failure): Promise<void> {
  makeTree(scene.source, files({ a: "a" }));
  const before = fingerprint(scene.source);
  const push = await scene.run("mirror", scene.source, `${host}:${scene.target}`);
  expect([push.code, push.stderr]).toEqual([10, expect.stringMatching(words)]);
  expect(push.stderr).toMatch(hint);
  expect(push.stderr).not.toMatch(/\bbug\b|^\s+at |\bE[A-Z]{4,}\b/m);
  const line = [`sftp://${host}${scene.source}`, scene.target];
  const pull = await mirror(scene, line, scene.options);
  expect([pull.code, ofType(pull, "error")]).toMatchObject([
    10,
    [{ code, message: expect.stringMatching(words), hint: expect.stringMatching(hint) }],
  ]);
  expect([fingerprint(scene.source) === before, existsSync(scene.target)]).toEqual([true, false]);
}

const UNREACHED: readonly (readonly [
  host: SshdHost | "no-such.invalid",
  code: string,
  words: RegExp,
  hint: RegExp,
])[] = [
  [
    "stranger",
    "ENDPOINT_HOST_KEY",
    /stranger: the host key is not known/,
    /Run `ssh stranger` once/,
  ],
  [
    "impostor",
    "ENDPOINT_HOST_KEY",
    /impostor: the host key is not the one/,
    /ssh-keygen -R impostor/,
  ],
  ["keyless", "ENDPOINT_AUTH", /keyless: the login was refused/, /--identity/],
  ["nowhere", "ENDPOINT_UNREACHABLE", /nowhere: the connection was refused/, /Check the port/],
  ["no-such.invalid", "ENDPOINT_UNREACHABLE", /there is no host of that name/, /Check the name/],
];

test.each(UNREACHED)("%s: %s", async (host, code, words, hint) => {
  using scene = newScene(WAYS.push, sshd);
  await fails(scene, host, { code, words, hint });
});

describe("a host that", () => {
  test.each([
    ["to standard error", ">&2", /its server for sftp ended at once/, /log of that host/],
    ["to standard output", "", /what answers is no SFTP server/, /has to print nothing/],
  ])("has no account for us, and says so %s", async (_name, to, words, hint) => {
    await using other = await startSshd({ force: `echo No account. ${to}; exit 1` });
    using scene = newScene(WAYS.push, other);
    await fails(scene, "here", { code: "ENDPOINT_PROTOCOL", words, hint });
  });

  test("has no Node is written to over SFTP, which is said with its limits", async () => {
    await using other = await startSshd({ bare: true, programs: { node: undefined } });
    using scene = newScene(WAYS.push, other);
    makeTree(scene.source, files({ a: "a", "d/b": "b" }));
    const result = await scene.run("mirror", scene.from, scene.to);
    expect([result.code, walk(scene.target).map(({ path }) => path)]).toEqual([
      0,
      ["", "a", "d", "d/b"],
    ]);
    expect(result.stderr).toMatch(/here: there is no node to be run; going on over SFTP/);
    expect(result.stderr).toMatch(/times in whole seconds, and no xattrs/);
  });
});

describe.each([
  ["agent", "here:"],
  ["SFTP", "sftp://here"],
])("%s", (_name, there) => {
  test("no such directory there: a guard as a source, made as a target, and told from a file in the way", async () => {
    using scene = newScene(WAYS.push, sshd);
    makeTree(scene.source, files({ a: "a" }));
    makeTree(scene.dir, files({ file: "f" }));
    const missing = await scene.run("mirror", `${there}${scene.path("no/such")}`, scene.target);
    expect([missing.code, missing.stderr]).toEqual([
      5,
      expect.stringContaining(`the source ${there}${scene.path("no/such")} does not exist`),
    ]);
    const made = await scene.run("mirror", scene.source, `${there}${scene.path("new/place")}`);
    expect([made.code, walk(scene.path("new/place")).length]).toEqual([0, 2]);
    const notOne = /file is not a directory/;
    for (const line of [
      [scene.source, `${there}${scene.path("file/below")}`],
      [`${there}${scene.path("file/below")}`, scene.target],
    ]) {
      const result = await scene.run("mirror", ...line);
      expect([result.code, result.stderr]).toEqual([1, expect.stringMatching(notOne)]);
      // Once is enough.
      expect(result.stderr.match(/file\/below:/g)).toHaveLength(1);
    }
    const verified = await scene.run("verify", scene.source, `${there}${scene.path("no/such")}`);
    expect([verified.code, verified.stderr]).toEqual([
      1,
      expect.stringMatching(/no\/such: it does not exist/),
    ]);
  });
});

test("nothing that went wrong on one target is told of another", async () => {
  using scene = newScene(WAYS.push, sshd);
  makeTree(scene.source, files({ a: "a" }));
  makeTree(scene.dir, files({ file: "f" }));
  const bad = [
    `stranger:${scene.target}`,
    `here:${scene.path("file")}`,
    `sftp://keyless${scene.target}`,
  ];
  const result = await mirror(scene, [scene.source, ...bad, scene.to], scene.options);
  expect(result.code).toBe(1);
  const said = ofType(result, "error").map(({ target, code }) => [target, code]);
  expect(said).toEqual([
    [bad[0], "ENDPOINT_HOST_KEY"],
    [bad[1], "ROOT_NOT_DIRECTORY"],
    [bad[2], "ENDPOINT_AUTH"],
  ]);
  expect(walk(scene.target).map(({ path }) => path)).toEqual(["", "a"]);
});
