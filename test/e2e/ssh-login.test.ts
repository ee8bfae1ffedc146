import { chmodSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

import { SyncError } from "../../src/base/errors.ts";
import type { HostAddress } from "../../src/core/location.ts";
import type { LoginOptions } from "../../src/core/login.ts";
import { defaultLogin } from "../../src/core/login.ts";
import { openSshTransport } from "../../src/endpoint/ssh/ssh-transport.ts";
import type { Transport } from "../../src/wire/transport.ts";
import { tool } from "../support/python.ts";
import { commandOnTerminal, plainText } from "../support/terminal.ts";
import type { Sshd, SshdHost } from "../support/sshd.ts";
import { startSshd } from "../support/sshd.ts";

const user = `syncline-${process.pid}`;
const password = 'it\'s a "secret" $HOME \\ é';
let sshd: Sshd;

beforeAll(async () => {
  tool("useradd", ["--no-create-home", "--home-dir", "/", "--shell", "/bin/sh", user]);
  tool("chpasswd", [], `${user}:${password}\n`);
  sshd = await startSshd({ passwordUser: user });
});

afterAll(async () => {
  await sshd[Symbol.asyncDispose]();
  tool("userdel", [user]);
});

interface Attempt {
  readonly address?: Partial<HostAddress>;
  readonly login?: Partial<LoginOptions>;
  readonly variables?: Readonly<Record<string, string>>;
  readonly command?: string;
}

function open(host: SshdHost | (string & {}), attempt: Attempt = {}): Promise<Transport> {
  const { address, login, variables, command = "echo hello" } = attempt;
  return openSshTransport(
    { host, user: undefined, port: undefined, ...address },
    { command },
    {
      login: { ...defaultLogin, timeout: 10_000, ...login },
      context: { environment: { ...sshd.environment, ...variables }, interactive: false },
    },
  );
}

async function said(transport: Transport): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of transport.incoming) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

async function failure(host: SshdHost | (string & {}), attempt: Attempt = {}): Promise<SyncError> {
  try {
    const transport = await open(host, attempt);
    throw new Error(`it said ${JSON.stringify(await said(transport))}`);
  } catch (error) {
    if (error instanceof SyncError) return error;
    throw error;
  }
}

test("bytes go there and back, in great numbers, and the end is an end", async () => {
  const transport = await open("here", { command: "head -c 20000000" });
  const piece = new Uint8Array(250_000).fill(7);
  const writing = (async () => {
    for (let i = 0; i < 80; i++) await transport.write(piece);
  })();
  const text = await said(transport);
  await writing;
  expect(text.length).toBe(20_000_000);
  expect(transport.traffic()).toEqual({ sent: 20_000_000, received: 20_000_000 });
});

test("somebody slow is waited for", async () => {
  const transport = await open("here", { command: "sleep 5" });
  const piece = new Uint8Array(250_000);
  let accepted = 0;
  let wait: Promise<void> | undefined;
  while (wait === undefined && accepted < 1000) {
    wait = transport.write(piece);
    accepted++;
  }
  expect(accepted).toBeLessThan(10);
  transport.destroy();
  await wait;
  expect(await said(transport)).toBe("");
});

test("a program that ends badly is a lost connection", async () => {
  const error = await failure("here", { command: "echo hello; echo trouble >&2; exit 3" });
  expect(error).toMatchObject({
    code: "ENDPOINT_LOST",
    message: "here: the program there ended (exit code 3): trouble",
  });
});

test("an unknown and a changed host key are refused, and told apart", async () => {
  const [stranger, impostor] = await Promise.all([failure("stranger"), failure("impostor")]);
  expect(stranger.code).toBe("ENDPOINT_HOST_KEY");
  expect(stranger.message).toContain("stranger: the host key is not known");
  expect(stranger.hint).toContain("`ssh stranger`");
  expect(impostor.code).toBe("ENDPOINT_HOST_KEY");
  expect(impostor.message).toContain("impostor: the host key is not the one that is known");
});

test("a refused key is a refused login", async () => {
  const error = await failure("keyless");
  expect(error.code).toBe("ENDPOINT_AUTH");
  expect(error.message).toContain("keyless: the login was refused");
});

test("a key of the user's own is used, and no other", async () => {
  const identity = path.join(sshd.dir, "user");
  expect(await said(await open("keyless", { login: { identity } }))).toBe("hello\n");
});

test("a port where nobody listens, and a name that nobody has", async () => {
  const [refused, unknown] = await Promise.all([failure("nowhere"), failure("no-such.invalid")]);
  expect(refused).toMatchObject({ code: "ENDPOINT_UNREACHABLE" });
  expect(refused.message).toContain("nowhere: the connection was refused");
  expect(unknown).toMatchObject({ code: "ENDPOINT_UNREACHABLE" });
  expect(unknown.message).toContain("no-such.invalid: there is no host of that name");
});

test("a host that says nothing is given up", async () => {
  const error = await failure("here", { login: { timeout: 700 }, command: "cat >/dev/null" });
  expect(error).toMatchObject({
    code: "ENDPOINT_UNREACHABLE",
    message: "here: nothing was heard from it for 0.7 seconds",
  });
});

test("a setting that ssh does not know is a mistake of the user's", async () => {
  const sshOptions = [{ name: "NoSuchThing", value: "yes" }];
  const error = await failure("here", { login: { sshOptions } });
  expect(error.code).toBe("USAGE");
  expect(error.message).toMatch(/NoSuchThing/i);
});

test("an ssh that is not there is said to be missing", async () => {
  const error = await failure("here", { variables: { SYNCLINE_SSH: "/no/such/ssh" } });
  expect(error).toMatchObject({ code: "ENDPOINT_UNREACHABLE" });
  expect(error.message).toContain("ssh cannot be started");
});

test("users, ports, IPv6 and jump hosts are ssh's own affair", async () => {
  const { port } = sshd;
  const sshOptions = [{ name: "ProxyJump", value: "here" }];
  const texts = await Promise.all([
    open("127.0.0.1", { address: { port } }).then(said),
    open("::1", { address: { port, user: "root" } }).then(said),
    open("here", { login: { sshOptions } }).then(said),
    open("nowhere", { address: { port } }).then(said),
  ]);
  expect(texts).toEqual(["hello\n", "hello\n", "hello\n", "hello\n"]);
  const error = await failure("here", { address: { user: "no@body" } });
  expect(error.message).toContain("no@body@127.0.0.1: Permission denied");
});

test("a password is for the host that is meant, and not for those on the way", async () => {
  const attempt = {
    login: {
      password: { type: "env", name: "SECRET" },
      sshOptions: [{ name: "ProxyJump", value: "secret" }],
    },
    variables: { SECRET: password },
  } as const;
  // It would be the right one there, too.
  const error = await failure("here", attempt);
  expect(error.message).toContain(`${user}@127.0.0.1: Permission denied`);
  const login = { ...attempt.login, sshOptions: [{ name: "ProxyJump", value: "here" }] };
  expect(await said(await open("secret", { ...attempt, login }))).toBe("hello\n");
});

test("nothing that ssh's configuration does for people is in the way", async () => {
  await using other = await startSshd({
    clientSettings: [
      "RemoteCommand tmux attach",
      "RequestTTY force",
      "LocalForward 1 127.0.0.1:1",
      "ExitOnForwardFailure yes",
      "ForwardX11 yes",
      "ForwardAgent yes",
      "Compression yes",
      "EscapeChar ~",
    ].join("\n"),
  });
  const transport = await open("here", {
    command: "printf 'a\\n~.\\n'; cat",
    variables: other.environment,
  });
  await transport.write(Buffer.from("\n~.\n"));
  const pieces = transport.incoming[Symbol.asyncIterator]();
  let text = "";
  while (text.length < 9) text += Buffer.from((await pieces.next()).value ?? "").toString();
  expect(text).toBe("a\n~.\n\n~.\n");
  transport.destroy();
});

function atTerminal(host: SshdHost, command: string) {
  const fixture = path.resolve(import.meta.dirname, "../fixtures/ssh-process.ts");
  return commandOnTerminal([process.execPath, fixture, host, command], sshd.dir, sshd.environment);
}

test("on a terminal ssh itself asks", async () => {
  const typing = atTerminal("secret", "echo hello");
  await typing.until(/password: /);
  typing.say(`${password}\n`);
  await typing.until(/the end/);
  expect(plainText(typing.output())).toContain("hello");
  const unknown = atTerminal("stranger", "echo hello");
  await unknown.until(/\(yes\/no/);
  unknown.say("no\n");
  await unknown.until(/the host key is not known/);
  await Promise.all([typing.done, unknown.done]);
});

test("Ctrl-C is for us: the connection stays", async () => {
  const running = atTerminal("here", "echo ready; read x; echo got $x");
  await running.until(/ready/);
  running.say("\x03");
  await running.until(/the end/);
  expect(plainText(running.output())).toMatch(/interrupted\n[^]*got line\nthe end/);
  await running.done;
});

test("a password comes from a variable, a file or a command", async () => {
  const file = path.join(sshd.dir, "password");
  writeFileSync(file, `${password}\nnot this\n`, { mode: 0o600 });
  const command = "id -un; env";
  const texts = await Promise.all([
    open("secret", {
      command,
      login: { password: { type: "env", name: "SECRET" } },
      variables: { SECRET: password },
    }).then(said),
    open("secret", { command, login: { password: { type: "file", path: file } } }).then(said),
    open("secret", {
      command,
      login: { password: { type: "command", line: `cat '${file}' | head -1` } },
    }).then(said),
  ]);
  for (const text of texts) expect(text.split("\n")[0]).toBe(user);
});

test("a wrong password ends in a refusal, quickly", async () => {
  const began = performance.now();
  const error = await failure("secret", {
    login: { password: { type: "env", name: "SECRET" } },
    variables: { SECRET: "wrong" },
  });
  expect(error.code).toBe("ENDPOINT_AUTH");
  expect(error.message).not.toContain("wrong");
  expect(performance.now() - began).toBeLessThan(9000);
});

test("a password never answers the question about a host key", async () => {
  const error = await failure("stranger", {
    login: { password: { type: "env", name: "SECRET" } },
    variables: { SECRET: "yes" },
  });
  expect(error.code).toBe("ENDPOINT_HOST_KEY");
});

test("a key's passphrase is asked for in the same way", async () => {
  const identity = path.join(sshd.dir, "locked");
  tool("ssh-keygen", ["-q", "-t", "ed25519", "-N", "open up", "-f", identity]);
  const authorized = path.join(sshd.dir, "authorized_keys");
  writeFileSync(authorized, tool("cat", [authorized, `${identity}.pub`]));
  const attempt = { login: { identity, password: { type: "env", name: "SECRET" } } } as const;
  const transport = await open("keyless", { ...attempt, variables: { SECRET: "open up" } });
  expect(await said(transport)).toBe("hello\n");
  const error = await failure("keyless", { ...attempt, variables: { SECRET: "open not" } });
  expect(error.code).toBe("ENDPOINT_AUTH");
});

test("a password that cannot be had says so", async () => {
  const file = path.join(sshd.dir, "readable");
  writeFileSync(file, password);
  chmodSync(file, 0o640);
  const sources = [
    { type: "env", name: "NOT_SET" },
    { type: "file", path: file },
    { type: "file", path: path.join(sshd.dir, "missing") },
  ] as const;
  for (const source of sources) {
    const error = await failure("secret", { login: { password: source } });
    expect(error.code).toBe("USAGE");
  }
  const error = await failure("secret", {
    login: { password: { type: "command", line: "echo hunter2; exit 1" } },
  });
  expect(error).toMatchObject({
    code: "ENDPOINT_AUTH",
    message: "--password-from: the command failed",
  });
});
