import { expect, test } from "vitest";

import { defaultLogin } from "../../core/login.ts";
import { sshArguments } from "./ssh-argv.ts";

const plain = { login: defaultLogin, mayAsk: true, ciphers: [] };
const here = { host: "here", user: undefined, port: undefined };
const command = { command: "true" };

test("a host alone leaves everything to the user's configuration but what is in the way", () => {
  expect(sshArguments(here, command, plain)).toEqual(
    "-T -a -x -e none -o ClearAllForwardings=yes -o RemoteCommand=none -o Compression=no -o ConnectTimeout=30 -- here true".split(
      " ",
    ),
  );
});

test("users, ports and hosts are words of their own", () => {
  const address = { host: "fe80::1%eth0", user: "me@corp", port: 2222 };
  expect(sshArguments(address, { subsystem: "sftp" }, plain).slice(-8)).toEqual([
    "-p",
    "2222",
    "-l",
    "me@corp",
    "-s",
    "--",
    "fe80::1%eth0",
    "sftp",
  ]);
});

test("what the user has asked for stands alone", () => {
  const sshOptions = [
    { name: "compression", value: "yes" },
    { name: "Ciphers", value: "aes128-ctr" },
  ];
  const login = { ...defaultLogin, sshOptions, identity: "-key", timeout: 1 };
  const args = sshArguments(here, command, { login, mayAsk: false, ciphers: ["a", "b"] });
  expect(args.filter((_, i) => args[i - 1] === "-o")).toEqual([
    "compression=yes",
    "Ciphers=aes128-ctr",
    "ClearAllForwardings=yes",
    "RemoteCommand=none",
    "ConnectTimeout=1",
    "IdentitiesOnly=yes",
    "BatchMode=yes",
  ]);
  expect(args[args.indexOf("-i") + 1]).toBe("-key");
});

test("no setting ever weakens the check of host keys", () => {
  for (const mayAsk of [true, false]) {
    const login = { ...defaultLogin, password: { type: "env", name: "X" } } as const;
    const args = sshArguments(here, command, { login, mayAsk, ciphers: ["a"] });
    expect(args.join(" ")).not.toMatch(/StrictHostKeyChecking|KnownHosts|HostKey|NoHostAuth/i);
  }
});
