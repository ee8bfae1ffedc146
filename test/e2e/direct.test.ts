/** `--direct`: two servers, and a user of the first who has an ssh of their own that knows the second. */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { judge } from "../support/judge.ts";
import { nodeOfVersion } from "../support/nodes.ts";
import { noise } from "../support/noise.ts";
import type { Place } from "../support/place.ts";
import { newPlace } from "../support/place.ts";
import { tool } from "../support/python.ts";
import type { Sshd, SshdOptions } from "../support/sshd.ts";
import { startSshd } from "../support/sshd.ts";
import type { Result, Running } from "../support/syncline.ts";
import {
  countsOf,
  NOTHING_TO_DO,
  ofType,
  start,
  summaryOf,
  syncline,
} from "../support/syncline.ts";
import { manyFiles, makeTree } from "../support/trees.ts";

const MiB = 2 ** 20;
/** More than what a host is sent before it can serve. */
const much = 24 * MiB;

let place: Place;
let second: Sshd;
let first: Sshd;

beforeAll(async () => {
  place = newPlace();
  second = await startSshd();
  first = await startFirst();
});

afterAll(async () => {
  await first[Symbol.asyncDispose]();
  await second[Symbol.asyncDispose]();
  place[Symbol.dispose]();
});

/** The user's own ssh knows it as `here`, and the second server as `other`; so does the ssh there. */
function startFirst(options: SshdOptions = {}): Promise<Sshd> {
  allow();
  const environment = { SYNCLINE_SSH: place.path("ssh") };
  return startSshd({ ...options, environment, clientSettings: hostOther() });
}

function hostOther({ port, dir }: Sshd = second, name = "other"): string {
  return [
    `Host ${name}`,
    "HostName 127.0.0.1",
    `Port ${port}`,
    `IdentityFile ${dir}/user`,
    `UserKnownHostsFile ${dir}/known`,
    "",
  ].join("\n");
}

interface SshThere {
  /** In place of what lets it in. */
  readonly config?: string;
  /** There is none. */
  readonly isMissing?: boolean;
}

/** What the ssh there is like: it notes the process that it is. */
function allow({ config = hostOther(), isMissing = false }: SshThere = {}): void {
  const script = place.path("ssh");
  rmSync(script, { force: true });
  if (isMissing) return;
  const rest = `Host *\nHostKeyAlias syncline-test\nUser root\nIdentitiesOnly yes\nGlobalKnownHostsFile /dev/null\n`;
  writeFileSync(place.path("config"), `${config}\n${rest}`);
  const command = `echo $$ >> ${place.path("pids")}\nexec /usr/bin/ssh -F ${place.path("config")} "$@"`;
  writeFileSync(script, `#!/bin/sh\n${command}\n`, { mode: 0o755 });
}

const ways = ["mirror", "--json", "--yes", "--direct"];

function options(sshd: Sshd = first): { readonly env: Readonly<Record<string, string>> } {
  return { env: { ...sshd.environment, HOME: place.home } };
}

function direct(args: readonly string[], sshd?: Sshd): Promise<Result> {
  return syncline(place, [...ways, ...args], options(sshd));
}

/** A new source, with a file that does not compress, and names for it and for a target. */
function scene(): { readonly from: string; readonly to: string; readonly locations: string[] } {
  for (const dir of [place.source, place.target]) rmSync(dir, { recursive: true, force: true });
  rmSync(place.path("pids"), { force: true });
  makeTree(place.source, manyFiles(300, "first"));
  writeFileSync(`${place.source}/large`, noise(much, 1));
  const [from, to] = [place.source, place.target];
  return { from, to, locations: [`here:${from}`, `other:${to}`] };
}

function crossed(result: Result): number {
  const { bytesSent, bytesReceived } = summaryOf(result);
  return Number(bytesSent) + Number(bytesReceived);
}

function notices(result: Pick<Result, "stdout">): unknown[] {
  return ofType(result, "notice").map(({ message }) => message);
}

function pids(): number[] {
  const file = place.path("pids");
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8").trim().split("\n").map(Number);
}

async function until(isTrue: () => boolean): Promise<void> {
  const end = performance.now() + 20_000;
  while (!isTrue()) {
    if (performance.now() > end) throw new Error("it did not come about");
    await delay(20);
  }
}

function runs(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}

describe("with --direct one host sends to the other by itself", () => {
  test("and nothing of the content comes here", async () => {
    const { from, to, locations } = scene();
    const copied = await direct(locations);
    expect({ code: copied.code, notices: notices(copied) }).toEqual({ code: 0, notices: [] });
    expect(judge(from, to)).toEqual([]);
    expect(crossed(copied)).toBeLessThan(much / 4);
    expect(summaryOf(copied)).toMatchObject({ bytesAvoided: 0 });
    expect(Number(summaryOf(copied)["bytesCopied"])).toBeGreaterThan(much);

    const again = await direct(locations);
    expect(countsOf(again)).toEqual(NOTHING_TO_DO);

    // Moves, edits and what is gone.
    renameSync(`${from}/d0`, `${from}/renamed`);
    rmSync(`${from}/d1/f101`);
    appendFileSync(`${from}/large`, noise(1000, 2));
    const changed = await direct(locations);
    expect({ code: changed.code, ...countsOf(changed) }).toMatchObject({
      code: 0,
      created: 0,
      updated: 1,
      moved: 1,
      deleted: 1,
    });
    expect(judge(from, to)).toEqual([]);
    expect(crossed(changed)).toBeLessThan(MiB);
    // One login for each run, by the first to the second.
    expect(pids().length).toBe(3);
  });

  test("a single file, too, with one login; and content is compared by hashes", async () => {
    const { from, to } = scene();
    mkdirSync(to);
    const args = [`here:${from}/large`, `other:${to}/copy`];
    const copied = await direct(args);
    expect({ code: copied.code, notices: notices(copied) }).toEqual({ code: 0, notices: [] });
    expect(readFileSync(`${to}/copy`).equals(readFileSync(`${from}/large`))).toBe(true);
    expect(crossed(copied)).toBeLessThan(much / 4);
    expect(pids().length).toBe(1);
    const verified = await syncline(place, ["verify", "--json", "--direct", ...args], options());
    expect({ code: verified.code, pids: pids().length }).toEqual({ code: 0, pids: 2 });
    expect(crossed(verified)).toBeLessThan(MiB);
    const compared = await direct(["--compare", "content", ...args]);
    expect(countsOf(compared)).toEqual(NOTHING_TO_DO);
  });

  test("also where an old Node runs on the first", async () => {
    await using old = await startFirst({ programs: { node: nodeOfVersion("18.0.0") } });
    const { from, to, locations } = scene();
    const copied = await direct(locations, old);
    expect({ code: copied.code, notices: notices(copied) }).toEqual({ code: 0, notices: [] });
    expect(judge(from, to)).toEqual([]);
    expect(crossed(copied)).toBeLessThan(much / 4);
  });

  test("and goes on when the line between them breaks", async () => {
    const { from, to, locations } = scene();
    const run = start(place, [...ways, "--bwlimit", "8M", ...locations], options());
    await until(() => pids().length === 1 && hasPart(to));
    process.kill(pids()[0]!);
    const result = await run.done;
    expect(result.code).toBe(0);
    expect(notices(result)).toEqual([
      expect.stringMatching(/^here: other: .*; trying again \(1 of 3\)$/),
    ]);
    expect(judge(from, to)).toEqual([]);
    expect(pids().length).toBe(2);
  });

  test("until it is stopped: what is in hand is finished, and nobody stays behind", async () => {
    const { to, locations } = scene();
    const run = start(place, [...ways, "--bwlimit", "8M", ...locations], options());
    await until(() => hasPart(to));
    run.child.kill("SIGINT");
    expect((await run.done).code).toBe(130);
    expect(readFileSync(`${to}/large`).length).toBe(much);
    await until(() => !runs(pids()[0]!));
  });

  test("and when the one who started it is gone, all are", async () => {
    const { to, locations } = scene();
    const run: Running = start(place, [...ways, "--bwlimit", "8M", ...locations], options());
    await until(() => hasPart(to));
    run.child.kill("SIGKILL");
    await run.done;
    await until(() => !runs(pids()[0]!));
    expect(existsSync(`${to}/large`)).toBe(false);
    // The next run goes on from what had arrived.
    const next = await direct(locations);
    expect(next.code).toBe(0);
    expect(judge(place.source, to)).toEqual([]);
  });
});

/** Some of the large file is there, under the name of a run that is under way. */
function hasPart(to: string): boolean {
  if (!existsSync(to)) return false;
  return readdirSync(to)
    .filter((name) => name.startsWith(".syncline"))
    .some((name) => {
      const stat = statSync(`${to}/${name}`, { throwIfNoEntry: false });
      return stat !== undefined && stat.size > 2 * MiB;
    });
}

describe("where the first cannot, it goes through here, and that is said", () => {
  const cases: [string, () => SshThere, RegExp][] = [
    [
      "the host key is not known there",
      () => ({ config: hostOther().replace("/known", "/known-none") }),
      /the host key is not known/,
    ],
    [
      "another host key is known there",
      () => ({ config: hostOther().replace("/known", "/known-other") }),
      /the host key is not the one that is known/,
    ],
    [
      "it is not let in",
      () => ({ config: hostOther().replace("/user", "/refused") }),
      /the login was refused/,
    ],
    ["nobody listens", () => ({ config: "Host other\nHostName 127.0.0.1\nPort 1" }), /was refused/],
    ["it does not know the name", () => ({ config: "" }), /there is no host of that name/],
    ["there is no ssh", () => ({ isMissing: true }), /ssh cannot be started/],
  ];

  test.each(cases)("%s", async (_name, sshThere, why) => {
    const { from, to, locations } = scene();
    allow(sshThere());
    const result = await direct(locations);
    allow();
    expect(result.code).toBe(0);
    expect(notices(result)).toEqual([expect.stringMatching(why)]);
    expect(notices(result)).toEqual([
      expect.stringMatching(
        /^here does not send to other by itself: here: other: .*; what is sent goes through here$/s,
      ),
    ]);
    expect(judge(from, to)).toEqual([]);
    expect(crossed(result)).toBeGreaterThan(2 * much);
  });

  test("there is no Node on the second", async () => {
    await using third = await startSshd({ programs: { node: undefined }, bare: true });
    const config = hostOther(third, "third");
    allow({ config });
    await using sshd = await startSshd({
      environment: { SYNCLINE_SSH: place.path("ssh") },
      clientSettings: config,
    });
    const { from, to } = scene();
    const result = await direct([`here:${from}`, `third:${to}`], sshd);
    allow();
    expect(result.code).toBe(0);
    expect(notices(result)).toEqual([
      expect.stringMatching(
        /^here does not send to third by itself: here: third: there is no node/,
      ),
      expect.stringMatching(/^third: there is no node.*going on over SFTP/),
      ...notices(result).slice(2),
    ]);
    expect(tool("diff", ["-r", from, to])).toBe("");
  });

  test("one of both is for SFTP, or has a name that is every host's own", async () => {
    const { from, to } = scene();
    const sftp = await direct([`here:${from}`, `sftp://other${to}`]);
    const own = `ssh://127.0.0.1:${first.port}${to}`;
    const local = await direct([`here:${from}`, own]);
    expect([sftp, local].map((result) => [result.code, notices(result)[0]])).toEqual([
      [0, expect.stringContaining(`sftp://other${to} is for SFTP`)],
      [0, expect.stringContaining("here does not send to 127.0.0.1 by itself: that is a name of")],
    ]);
    expect(pids()).toEqual([]);
    expect(judge(from, to)).toEqual([]);
  });
});

test("--direct makes no difference where one end is this machine, or both are one host", async () => {
  const { from, to } = scene();
  const pairs = [
    [from, `other:${to}`],
    [`here:${from}`, to],
    [`here:${from}`, `here:${to}`],
  ];
  for (const pair of pairs) {
    const result = await direct(pair);
    expect([result.code, notices(result)]).toEqual([0, []]);
    expect(judge(from, to)).toEqual([]);
  }
  expect(pids()).toEqual([]);
});
