import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { SyncError } from "../../src/base/errors.ts";
import { nodeOfVersion, nodeVersions } from "../support/nodes.ts";
import type { Probe, ProbeOptions, ProbePrograms } from "../support/probe-agent.ts";
import { buildProbe, startProbe } from "../support/probe-agent.ts";
import { tool } from "../support/python.ts";
import type { Sshd, SshdHost, SshdOptions } from "../support/sshd.ts";
import { startSshd } from "../support/sshd.ts";

/** As the paper on BLAKE3 has it. */
const blake3OfAbc = "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85";

let programs: ProbePrograms;
let sshd: Sshd;
let cache: string;

beforeAll(async () => {
  programs = await buildProbe();
  sshd = await startSshd();
  cache = path.join(sshd.home, ".cache/syncline/agent");
});

afterAll(async () => {
  programs[Symbol.dispose]();
  await sshd[Symbol.asyncDispose]();
});

beforeEach(() => {
  rmSync(path.join(sshd.home, ".cache"), { recursive: true, force: true });
});

function begin(options?: ProbeOptions & { readonly host?: SshdHost }): Probe {
  return startProbe(sshd, programs, options);
}

async function failureOf(probe: Probe): Promise<SyncError> {
  const [read, facts] = await Promise.allSettled([probe.answer(), probe.connection.facts]);
  if (read.status === "fulfilled") throw new Error(`it answered ${JSON.stringify(read.value)}`);
  expect(facts).toEqual(read);
  if (read.reason instanceof SyncError) return read.reason;
  throw read.reason;
}

/** Names of the files that are kept, without the hashes. */
function kept(): string[] {
  return readdirSync(cache)
    .filter((name) => name !== "compiled")
    .map((name) => name.replace(/^[0-9a-f]{64}/, "*"))
    .sort();
}

const all = ["*.cjs", "*.node", "*.node"];

describe("an agent", () => {
  test("comes along once, and is there the next time", async () => {
    const sent: number[] = [];
    for (let round = 0; round < 2; round++) {
      using probe = begin();
      probe.send("say early");
      expect(await probe.answer()).toBe("early");
      expect(await probe.ask("say ü")).toBe("ü");
      expect(await probe.connection.facts).toEqual({
        platform: process.platform,
        arch: process.arch,
        libc: "glibc",
        nodeVersion: process.version,
        natives: true,
        notice: undefined,
      });
      sent.push(probe.connection.transport.traffic().sent);
      expect(probe.notices).toEqual([]);
    }
    expect(sent[0]).toBeGreaterThan(1_000_000);
    expect(sent[1]).toBeLessThan(10_000);
    expect(kept()).toEqual(all);
    for (const name of ["", ...readdirSync(cache).filter((name) => name !== "compiled")]) {
      expect(statSync(path.join(cache, name)).mode & 0o077).toBe(0);
    }
  });

  test("is found in XDG_CACHE_HOME, if that is a path", async () => {
    const home = path.join(sshd.dir, "xdg");
    await using other = await startSshd({ environment: { XDG_CACHE_HOME: home } });
    using probe = startProbe(other, programs);
    expect(await probe.ask("facts")).toMatchObject({ dir: path.join(home, "syncline/agent") });
  });

  test("starts five times at once on a host that has nothing", async () => {
    const probes = Array.from({ length: 5 }, () => begin());
    expect(await Promise.all(probes.map((probe, i) => probe.ask(`say ${i}`)))).toEqual([
      "0",
      "1",
      "2",
      "3",
      "4",
    ]);
    for (const probe of probes) probe[Symbol.dispose]();
    expect(kept()).toEqual(all);
  });

  test("gets early bytes in great number, in order, with the first start and the next", async () => {
    const lines = Array.from({ length: 40 }, (_, i) => `count ${"x".repeat(i * 1000)}`);
    for (let round = 0; round < 2; round++) {
      using probe = begin();
      for (const line of lines) probe.send(line);
      for (let i = 0; i < lines.length; i++) expect(await probe.answer()).toBe(i * 1000);
    }
  });

  test("makes who writes too early wait, and loses nothing", async () => {
    using probe = begin();
    const line = Buffer.from(`count ${"x".repeat(99_993)}\n`);
    const waits = Array.from({ length: 20 }, () => probe.connection.transport.write(line));
    expect(waits.filter((wait) => wait === undefined).length).toBe(2);
    for (let i = 0; i < waits.length; i++) expect(await probe.answer()).toBe(99_993);
    for (const wait of waits) await wait;
  });

  test("ends when it is through, which is no failure", async () => {
    using probe = begin();
    expect(await probe.ask("say bye")).toBe("bye");
    probe.send("end");
    expect(await probe.answer()).toBeUndefined();
  });

  test("that breaks is a lost connection, with its last words", async () => {
    using probe = begin();
    probe.send("throw");
    await probe.connection.facts;
    await expect(probe.answer()).rejects.toMatchObject({
      code: "ENDPOINT_LOST",
      message: expect.stringMatching(
        /the program there ended \(exit code 1\).*thrown by the probe/,
      ),
    });
  });

  test("prints nothing where the protocol goes", async () => {
    using probe = begin();
    expect(await probe.ask("print")).toBe("printed");
    expect(await probe.ask("say still here")).toBe("still here");
  });

  test.each(["say idle", "occupy"])("is gone within a second after “%s”", async (line) => {
    const fifo = path.join(sshd.dir, "fifo");
    rmSync(fifo, { force: true });
    tool("mkfifo", [fifo]);
    using probe = begin();
    const { pid } = (await probe.ask("facts")) as { pid: number };
    await probe.ask(line === "occupy" ? `occupy ${fifo}` : line);
    probe.connection.transport.destroy();
    const until = performance.now() + 1500;
    while (isRunning(pid) && performance.now() < until) await delay(20);
    expect(isRunning(pid)).toBe(false);
  });

  test("can be let go before it is there, at any time", async () => {
    for (const ms of [0, 10, 50, 100, 200, 300]) {
      const probe = begin();
      await delay(ms);
      probe[Symbol.dispose]();
      expect(await probe.answer()).toBeUndefined();
    }
  });
});

describe("what is kept on a host", () => {
  test("is looked at before it is used: spoilt files come anew", async () => {
    using first = begin();
    await first.ask("say 1");
    const files = readdirSync(cache).filter((name) => name !== "compiled");
    for (const name of files) {
      const file = path.join(cache, name);
      writeFileSync(file, `${readFileSync(file, "latin1").slice(0, -1)}!`, "latin1");
    }
    using second = begin();
    expect(await second.ask("say 2")).toBe("2");
    expect(second.connection.transport.traffic().sent).toBeGreaterThan(1_000_000);
    expect(kept()).toEqual(all);
  });

  test("is not used where others can write to it, or where it is a link", async () => {
    using first = begin();
    await first.ask("say 1");
    const agent = readdirSync(cache).find((name) => name.endsWith(".cjs"))!;
    const file = path.join(cache, agent);
    chmodSync(file, 0o666);
    using second = begin();
    expect(await second.ask("say 2")).toBe("2");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const elsewhere = path.join(sshd.dir, "elsewhere.cjs");
    writeFileSync(elsewhere, readFileSync(file), { mode: 0o600 });
    rmSync(file);
    symlinkSync(elsewhere, file);
    using third = begin();
    expect(await third.ask("say 3")).toBe("3");
    expect(kept()).toEqual(all);
    expect(tool("stat", ["-c", "%F", file])).toBe("regular file\n");
  });

  test.each([
    ["is open to others", () => chmodSync(cache, 0o777)],
    [
      "is a link",
      () => {
        rmSync(cache, { recursive: true });
        symlinkSync(sshd.dir, cache);
      },
    ],
    ["is somebody else's", () => tool("chown", ["12345", cache])],
    ["has a parent that is open to others", () => chmodSync(path.dirname(cache), 0o777)],
    ["is a file", () => (rmSync(cache, { recursive: true }), writeFileSync(cache, ""))],
  ])("is nothing where the directory %s", async (_, spoil) => {
    mkdirSync(cache, { recursive: true, mode: 0o700 });
    chmodSync(path.dirname(cache), 0o700);
    spoil();
    let dir: string;
    {
      using probe = begin();
      const facts = (await probe.ask("facts")) as { dir: string };
      ({ dir } = facts);
      expect(probe.notices).toEqual([
        expect.stringMatching(
          /^here: .* is not a directory of the user's alone|^here: nothing can be kept/,
        ),
      ]);
      expect(path.dirname(dir)).toBe(os.tmpdir());
      expect(statSync(dir).mode & 0o077).toBe(0);
      probe.send("end");
      expect(await probe.answer()).toBeUndefined();
    }
    expect(existsSync(dir)).toBe(false);
    expect(readdirSync(path.dirname(cache))).toEqual(["agent"]);
  });

  test("is nothing where the home is read-only, and the agent serves all the same", async () => {
    await using other = await startSshd();
    mkdirSync(path.join(other.home, ".cache/syncline/agent"), { recursive: true, mode: 0o700 });
    chmodSync(path.join(other.home, ".cache/syncline"), 0o700);
    tool("mount", ["--bind", other.home, other.home]);
    tool("mount", ["-o", "remount,ro,bind", other.home]);
    try {
      using probe = startProbe(other, programs);
      const { dir } = (await probe.ask("facts")) as { dir: string };
      expect(path.dirname(dir)).toBe(os.tmpdir());
      expect(probe.notices).toEqual([expect.stringContaining("EROFS")]);
      probe.connection.transport.destroy();
      const until = performance.now() + 2000;
      while (existsSync(dir) && performance.now() < until) await delay(20);
      expect(existsSync(dir)).toBe(false);
    } finally {
      tool("umount", [other.home]);
    }
  });

  test("goes when it has not been used for long", async () => {
    mkdirSync(cache, { recursive: true, mode: 0o700 });
    chmodSync(path.dirname(cache), 0o700);
    const add = (name: string, days: number): void => {
      writeFileSync(path.join(cache, name), "", { mode: 0o600 });
      const then = new Date(Date.now() - days * 86_400_000);
      utimesSync(path.join(cache, name), then, then);
    };
    add(`${"a".repeat(64)}.cjs`, 31);
    add(`${"b".repeat(64)}.node`, 31);
    add(`.${"c".repeat(24)}`, 2);
    add(`${"d".repeat(64)}.cjs`, 29);
    add("of-somebody-else", 99);
    using probe = begin();
    await probe.ask("say");
    const names = readdirSync(cache);
    expect(names).toContain("of-somebody-else");
    expect(names).toContain(`${"d".repeat(64)}.cjs`);
    expect(kept()).toEqual([...all, "*.cjs", "of-somebody-else"].sort());
  });

  test("is used for as long as it is used", async () => {
    {
      using probe = begin();
      await probe.ask("say");
    }
    const old = new Date(Date.now() - 20 * 86_400_000);
    const files = readdirSync(cache).map((name) => path.join(cache, name));
    for (const file of files) utimesSync(file, old, old);
    using probe = begin();
    await probe.ask("say");
    for (const file of files.filter((file) => !file.endsWith("compiled"))) {
      expect(Date.now() - statSync(file).mtimeMs).toBeLessThan(86_400_000);
    }
  });
});

describe("a host", () => {
  async function on(options: SshdOptions, talk: (probe: Probe) => Promise<void>): Promise<void> {
    await using other = await startSshd(options);
    using probe = startProbe(other, programs);
    await talk(probe);
  }

  test("may print when somebody logs in, which is said once", async () => {
    const force = 'printf "Welcome!\\nto this host"; exec sh -c "$SSH_ORIGINAL_COMMAND"';
    await on({ force }, async (probe) => {
      expect(await probe.ask("say hello")).toBe("hello");
      expect(probe.notices).toEqual([
        "here prints to standard output when a program logs in (“Welcome!”); it was passed over, but is in the way of other programs",
      ]);
    });
  });

  test("may print 60 000 bytes, and no million", async () => {
    const force = (count: number) =>
      `head -c ${count} /dev/zero | tr '\\0' x; exec sh -c "$SSH_ORIGINAL_COMMAND"`;
    await on({ force: force(60_000) }, async (probe) => {
      expect(await probe.ask("say hello")).toBe("hello");
    });
    await on({ force: force(1_000_000) }, async (probe) => {
      expect(await failureOf(probe)).toMatchObject({
        code: "ENDPOINT_PROTOCOL",
        message: "here: a login there prints more than can be passed over",
      });
    });
  });

  test.each([
    ["nonsense\\n", "here: what it answers makes no sense"],
    ["have {}\\n", "here: what it answers makes no sense"],
    ['need {\\"facts\\":{}}\\n', "here: what it answers makes no sense"],
    ["have $(seq 5000 | tr -d '[:space:]')", "here: what it answers makes no sense"],
    ['failed {\\"message\\":\\"so there\\"}\\n', "here: the agent could not be started: so there"],
  ])("that answers %j is not believed", async (answer, message) => {
    await on(
      { force: `printf "\\nsyncline-bootstrap ${answer}"; cat >/dev/null` },
      async (probe) => {
        expect(await failureOf(probe)).toMatchObject({ code: "ENDPOINT_PROTOCOL", message });
      },
    );
  });

  test("without Node, with an old one, or with another one named, says so", async () => {
    await on({ bare: true, programs: { node: undefined } }, async (probe) => {
      expect(await failureOf(probe)).toMatchObject({
        code: "ENDPOINT_NO_NODE",
        message: "here: there is no node to be run",
        hint: expect.stringContaining("--remote-node"),
      });
    });
    const node = path.join(sshd.dir, "old-node");
    // What comes is made to believe that it is run by an old one.
    const old = path.join(sshd.dir, "old.cjs");
    writeFileSync(node, `#!/bin/sh\nexec '${process.execPath}' -r '${old}' "$@"\n`, {
      mode: 0o755,
    });
    writeFileSync(
      old,
      `for (const [name, value] of Object.entries({ version: "v16.20.2", versions: { node: "16.20.2" } }))
        Object.defineProperty(process, name, { value });`,
    );
    await on({ programs: { node } }, async (probe) => {
      expect(await failureOf(probe)).toMatchObject({
        code: "ENDPOINT_NO_NODE",
        message: "here: Node v16.20.2 is too old",
      });
    });
  });

  test.each(["node", '~/my node/it\'s "$HOME" ü', "absolute"])(
    "has its Node where --remote-node says: %s",
    async (name) => {
      await using other = await startSshd({ bare: true, programs: { node: undefined } });
      const file = path.join(other.home, name === "absolute" ? "n" : name.replace("~/", ""));
      mkdirSync(path.dirname(file), { recursive: true });
      symlinkSync(process.execPath, name === "node" ? path.join(other.dir, "bin/node") : file);
      const remoteNode = name === "absolute" ? file : name;
      using probe = startProbe(other, programs, { login: { remoteNode } });
      expect(await probe.ask("say hello")).toBe("hello");
    },
  );

  test.each([".local/bin/node", ".nvm/versions/node/v99/bin/node"])(
    "is searched for Node where it often is: %s",
    async (name) => {
      await using other = await startSshd({ bare: true, programs: { node: undefined } });
      const file = path.join(other.home, name);
      mkdirSync(path.dirname(file), { recursive: true });
      symlinkSync(process.execPath, file);
      using probe = startProbe(other, programs);
      expect(await probe.ask("say hello")).toBe("hello");
    },
  );

  test.each(nodeVersions)("may have Node %s, with and without native parts", async (version) => {
    await using other = await startSshd({ programs: { node: nodeOfVersion(version) } });
    const tree = path.join(other.dir, "tree");
    mkdirSync(path.join(tree, "a/b"), { recursive: true });
    const seen = { kind: "directory", count: 3, thread: { type: "flush" }, hash: blake3OfAbc };
    for (const [line, driver] of [
      ["look", "libc"],
      ["look-without-natives", "portable"],
    ]) {
      using probe = startProbe(other, programs);
      expect(await probe.ask(`${line} ${tree}`)).toEqual({ ...seen, driver });
      const { nodeVersion } = await probe.connection.facts;
      expect(`${nodeVersion}.`).toContain(`v${version}.`);
    }
  });

  test.each(["bash", "dash", "zsh", "fish", "tcsh"])(
    "may have %s for a login shell",
    async (shell) => {
      const force = `exec /usr/bin/env ${shell} -c "$SSH_ORIGINAL_COMMAND"`;
      await on({ force }, async (probe) => {
        expect(await probe.ask("say hello")).toBe("hello");
        expect(probe.notices).toEqual([]);
      });
    },
  );

  test.each([
    ["only transfers files", "internal-sftp"],
    ["has no shell for us", "echo 'This account is currently not available.'; exit 1"],
  ])("that %s runs no agent", async (_, force) => {
    await on({ force }, async (probe) => {
      expect(await failureOf(probe)).toMatchObject({ code: "ENDPOINT_NO_NODE" });
    });
  });

  test("that cannot be logged in to is told apart", async () => {
    for (const [host, code] of [
      ["stranger", "ENDPOINT_HOST_KEY"],
      ["keyless", "ENDPOINT_AUTH"],
      ["nowhere", "ENDPOINT_UNREACHABLE"],
    ] as const) {
      using probe = begin({ host });
      expect(await failureOf(probe)).toMatchObject({ code });
    }
  });

  test("that hangs before it answers is given up", async () => {
    await using other = await startSshd({ force: "cat >/dev/null" });
    using probe = startProbe(other, programs, { login: { timeout: 1000 } });
    expect(await failureOf(probe)).toMatchObject({
      code: "ENDPOINT_UNREACHABLE",
      message: "here: nothing was heard from it for 1 seconds",
    });
  });
});

function isRunning(pid: number): boolean {
  try {
    // A process that has ended and was not looked after is not running.
    return !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
