import { Readable } from "node:stream";

import { describe, expect, test } from "vitest";

import { SyncError } from "../base/errors.ts";
import { plainLogin } from "../core/login.ts";
import type { MirrorOptions } from "./mirror-options.ts";
import { newMirrorCommand } from "./mirror-options.ts";
import { toMirrorRequest } from "./mirror-request.ts";

/** What a command line asks for, in surroundings where state has its place. */
async function requestOf(
  line: readonly string[],
  stateDir: () => string = () => "/state",
  onNotice: (message: string) => void = () => {},
) {
  let typed: { locations: readonly string[]; options: MirrorOptions } | undefined;
  const command = newMirrorCommand((locations, options) => {
    typed = { locations, options };
    return Promise.resolve();
  });
  await command.exitOverride().parseAsync(line, { from: "user" });
  if (typed === undefined) throw new Error("the command did not run");
  const defaults = {
    stateDir,
    driver: undefined,
    binding: undefined,
    stdin: () => Readable.from([]),
    surroundings: { environment: { PATH: "/bin" }, interactive: false },
  };
  return toMirrorRequest(typed.locations, typed.options, { ...defaults, onNotice });
}

describe("a request", () => {
  test("without options is what CLI.md calls the default", async () => {
    expect(await requestOf(["a", "b", "c"])).toEqual({
      source: "a",
      targets: ["b", "c"],
      dryRun: false,
      delete: true,
      deleteExcluded: false,
      deleteLimit: { type: "percent", percent: 50, atLeast: 10 },
      accept: new Set(),
      compare: "size+mtime",
      modifyWindow: undefined,
      preserve: new Map(),
      links: "keep",
      filter: { rules: [], minSize: undefined, maxSize: undefined },
      ignoreFiles: false,
      oneFileSystem: false,
      moves: true,
      hash: "blake3",
      versions: { keep: "none" },
      flush: true,
      stateDir: "/state",
      history: true,
      login: { ...plainLogin, environment: { PATH: "/bin" } },
      driver: undefined,
      binding: undefined,
    });
  });

  test("holds every option, wherever it stands", async () => {
    const line =
      "--exclude x -n a --no-delete --max-delete 5 --accept same,deletes --accept space --compare content " +
      "--modify-window 2s --include y --preserve owner --no-preserve acls,xattrs --links safe --gitignore " +
      "--max-size 2K --min-size 1 --one-file-system b --no-flush --state s --no-state --exclude z " +
      "--no-moves --hash sha256 --versions trash:10d --bwlimit 2M --timeout 10s --retries 0 --identity key " +
      "--password-from env:SECRET --ssh-option ProxyJump=gate --ssh-option SetEnv=A=B --remote-node node22 --direct";
    expect(await requestOf(line.split(" "))).toEqual({
      source: "a",
      targets: ["b"],
      dryRun: true,
      delete: false,
      deleteExcluded: false,
      deleteLimit: { type: "count", count: 5 },
      accept: new Set(["same", "deletes", "space"]),
      compare: "content",
      modifyWindow: 2_000_000_000,
      preserve: new Map([
        ["owner", true],
        ["acls", false],
        ["xattrs", false],
      ]),
      links: "safe",
      filter: {
        rules: [
          { pattern: "x", origin: "--exclude" },
          { pattern: "!y", origin: "--include" },
          { pattern: "z", origin: "--exclude" },
        ],
        minSize: 1,
        maxSize: 2048,
      },
      ignoreFiles: true,
      oneFileSystem: true,
      moves: false,
      hash: "sha256",
      versions: { keep: "trash", age: 864_000_000 },
      flush: false,
      stateDir: "s",
      history: false,
      login: {
        identity: "key",
        password: { type: "env", name: "SECRET" },
        sshOptions: [
          { name: "ProxyJump", value: "gate" },
          { name: "SetEnv", value: "A=B" },
        ],
        remoteNode: "node22",
        timeout: 10_000,
        retries: 0,
        bytesPerSecond: 2_097_152,
        direct: true,
        environment: { PATH: "/bin" },
        interactive: false,
      },
      driver: undefined,
      binding: undefined,
    });
  });

  test.each([
    ["", undefined, ["no place; going on without locks and history"]],
    ["--state s", "s", []],
    ["--no-state", undefined, []],
    ["-n", undefined, []],
  ])("without a home does without state, and says so: %s", async (line, stateDir, notices) => {
    const homeless = () => {
      throw new SyncError("STATE", "no place");
    };
    const said: string[] = [];
    const words = ["a", "b", ...line.split(" ").filter((word) => word !== "")];
    const request = await requestOf(words, homeless, (message) => said.push(message));
    expect([request.stateDir, said]).toEqual([stateDir, notices]);
  });

  test("does not take a bug for a missing home", async () => {
    const broken = () => {
      throw new TypeError("broken");
    };
    await expect(requestOf(["a", "b"], broken)).rejects.toThrow(TypeError);
  });
});
