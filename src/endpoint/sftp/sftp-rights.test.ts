import { chmodSync, chownSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

import {
  applyAll,
  bytes,
  entryAt,
  fileAt,
  inBrief,
  path,
  rowsOf,
} from "../../../test/contract/endpoint-place.ts";
import { newDirectory } from "../../../test/model/disk.ts";
import { startSftpServer } from "../../../test/support/sftp-server.ts";
import type { DirectoryEntry } from "../../core/entry.ts";
import type { Action } from "../../core/plan.ts";
import type { Endpoint } from "../endpoint.ts";
import { openSftp } from "./sftp-endpoint.ts";

const isRoot = process.geteuid?.() === 0;
/** Somebody without any rights, where the tests have all of them; else whoever runs them. */
const uid = isRoot ? 65_534 : process.geteuid!();

interface Stage extends Disposable {
  readonly at: (path: string) => string;
  readonly open: (root: string) => Endpoint & AsyncDisposable;
}

/** A source, and a target with a directory `d`; all theirs. */
function stageOf(mode: number): Stage {
  const dir = newDirectory();
  const at = (path: string): string => `${dir.path}/${path}`;
  for (const name of ["source", "source/d", "target", "target/d"]) mkdirSync(at(name));
  for (const name of ["source/d/new", "target/d/old", "target/d/gone"])
    writeFileSync(at(name), name);
  for (const name of [
    "",
    "source",
    "source/d",
    "target",
    "target/d",
    "target/d/old",
    "target/d/gone",
  ])
    if (isRoot) chownSync(at(name), uid, uid);
  chmodSync(dir.path, 0o755);
  chmodSync(at("target/d"), mode);
  const options = isRoot ? { uid } : {};
  const connect = async () => startSftpServer(dir.path, options);
  return {
    at,
    open: (root) => openSftp(root, bytes(root), { name: "test", machine: root, connect }),
    [Symbol.dispose]: () => dir[Symbol.dispose](),
  };
}

const preserve = { owner: false, group: false };

describe("a directory of one's own that may not be written to", () => {
  test("is made so for what is done inside, and gets its mode back when it is finished", async () => {
    using stage = stageOf(0o555);
    await using source = stage.open("source");
    await using target = stage.open("target");
    const old = await fileAt(target, "d/old");
    const directory = (await entryAt(target, "d")) as DirectoryEntry;
    const carries = { entries: 1, bytes: 0 } as const;
    const put = { type: "put-file", path: path("d/new"), expected: undefined } as const;
    const finish = { type: "finish-directory", path: path("d"), expected: directory } as const;
    const to = { path: path("d/moved"), from: path("d/old") };
    const actions: Action[] = [
      { ...put, entry: await fileAt(source, "d/new") },
      { type: "move", ...to, expected: undefined, entry: old, carries },
      { type: "remove", path: path("d/gone"), expected: await fileAt(target, "d/gone") },
    ];
    const said = await applyAll(target, actions, source, { preserve });
    expect(said.map(inBrief)).toEqual(["done", "done", "done"]);
    expect(readFileSync(stage.at("target/d/new"), "utf8")).toBe("source/d/new");
    const finishing: Action = { ...finish, entry: directory, aspects: [], shown: false };
    expect((await applyAll(target, [finishing], source, { preserve })).map(inBrief)).toEqual([
      "done",
    ]);
    expect(lstatSync(stage.at("target/d")).mode & 0o7777).toBe(0o555);
  });

  test("stays as it is where it is somebody else's", async () => {
    // Nobody else can make such a directory.
    if (!isRoot) return;
    using stage = stageOf(0o755);
    chownSync(stage.at("target/d"), 0, 0);
    await using source = stage.open("source");
    await using target = stage.open("target");
    const entry = await fileAt(source, "d/new");
    const action = { type: "put-file", path: path("d/new"), expected: undefined, entry } as const;
    const said = await applyAll(target, [action], source, { preserve });
    expect(said.map(inBrief)).toEqual(["target: not-permitted"]);
    expect(lstatSync(stage.at("target/d")).mode & 0o7777).toBe(0o755);
  });
});

test("who may give files away is found out without giving any", async () => {
  using stage = stageOf(0o755);
  await using target = stage.open("target");
  // Even where the home directory is root's, as where a login is locked in there.
  if (isRoot) chownSync(stage.at(""), 0, 0);
  await target.root();
  expect(target.capabilities.privileged).toBe(false);
});

describe("a directory that may be listed and not entered", () => {
  test("is a problem, whatever it may hold, for the server does not tell", async () => {
    if (!isRoot) return;
    using stage = stageOf(0o755);
    await using source = stage.open("source");
    for (const name of ["source/d", "source/d/new"]) chownSync(stage.at(name), uid, uid);
    chmodSync(stage.at("source/d"), 0o400);
    const rows = await rowsOf(source);
    expect(rows.map(([at, { kind }]) => `${at} ${kind}`)).toEqual([" directory", "d problem"]);
  });
});
