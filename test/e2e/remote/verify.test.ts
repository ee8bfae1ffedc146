import { statSync, writeFileSync } from "node:fs";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { walk } from "../../support/judge.ts";
import { tool } from "../../support/python.ts";
import { isSftp, kept, newScene, WAYS } from "../../support/remote.ts";
import type { Sshd } from "../../support/sshd.ts";
import { startSshd } from "../../support/sshd.ts";
import type { Result } from "../../support/syncline.ts";
import { eventsOf, ofType, problemsOf, summaryOf } from "../../support/syncline.ts";
import type { TreeEntry } from "../../support/trees.ts";
import { everything, files, makeTree, MOMENT, rootOnly } from "../../support/trees.ts";

let sshd: Sshd;

beforeAll(async () => {
  sshd = await startSshd({ sharesLogin: true });
});

afterAll(() => sshd[Symbol.asyncDispose]());

/** Differences as `path: what`. */
function differences(result: Result): string[] {
  return ofType(result, "difference").map((event) => {
    const { path, only, aspects, corrupt } = event as unknown as {
      path: string;
      only: string | null;
      aspects: string[];
      corrupt: string[];
    };
    const what = only === null ? aspects.join(" ") : `only ${only}`;
    return `${path}: ${[what, ...corrupt.map((side) => `corrupt ${side}`)].join(" ").trim()}`;
  });
}

/** Other content of the same length, with the same mtime as before. */
function rot(file: string): void {
  const { size, mtimeNs } = statSync(file, { bigint: true });
  writeFileSync(file, "?".repeat(Number(size)));
  const [seconds, rest] = [mtimeNs / 1_000_000_000n, mtimeNs % 1_000_000_000n];
  tool("touch", ["-d", `@${seconds}.${String(rest).padStart(9, "0")}`, file]);
}

describe.each([WAYS.push, WAYS.relay, WAYS.there, WAYS.sftpPull])("$name", (way) => {
  test("a copy is equal; what differs is said, and nothing is changed by looking", async () => {
    using scene = newScene(way, sshd);
    const late = MOMENT + 2_000_000_000n;
    makeTree(scene.source, kept(way, [...everything(100), ...rootOnly()]));
    tool("cp", ["-aT", scene.source, scene.target]);
    const equal = await scene.run("verify", "--json", ...scene.all, scene.from, scene.to);
    expect([equal.code, differences(equal), problemsOf(equal)]).toEqual([0, [], []]);
    expect(summaryOf(equal)["checked"]).toBe(walk(scene.source).length - 1);

    const spoil: readonly (readonly [TreeEntry, TreeEntry])[] = [
      [
        { path: "z/content", kind: "file", content: "abc", mtime: MOMENT },
        { path: "z/content", kind: "file", content: "abd", mtime: MOMENT },
      ],
      [
        { path: "z/kind", kind: "directory", mtime: MOMENT },
        { path: "z/kind", kind: "file", content: "k", mtime: MOMENT },
      ],
      [
        { path: "z/link", kind: "symlink", target: "x", mtime: MOMENT },
        { path: "z/link", kind: "symlink", target: "y", mtime: MOMENT },
      ],
      [
        { path: "z/mode", kind: "file", content: "m", mtime: MOMENT, mode: 0o600 },
        { path: "z/mode", kind: "file", content: "m", mtime: MOMENT, mode: 0o640 },
      ],
      [
        { path: "z/owner", kind: "file", content: "o", mtime: MOMENT },
        { path: "z/owner", kind: "file", content: "o", mtime: MOMENT, uid: 7, gid: 8 },
      ],
      [
        { path: "z/size", kind: "file", content: "12", mtime: MOMENT },
        { path: "z/size", kind: "file", content: "123", mtime: MOMENT },
      ],
      [
        { path: "z/times", kind: "file", content: "t", mtime: MOMENT },
        { path: "z/times", kind: "file", content: "t", mtime: late },
      ],
    ];
    const dir: TreeEntry = { path: "z", kind: "directory", mtime: MOMENT };
    makeTree(scene.source, [dir, ...spoil.map(([one]) => one), ...files({ "z/only-a": "a" }), dir]);
    makeTree(scene.target, [
      dir,
      ...spoil.map(([, two]) => two),
      ...files({ "z/only-b": "b" }),
      dir,
    ]);
    tool("touch", ["-r", scene.source, scene.target]);
    const before = [walk(scene.source), walk(scene.target)];
    const result = await scene.run("verify", "--json", ...scene.all, scene.from, scene.to);
    expect([result.code, differences(result)]).toEqual([
      3,
      [
        "z/content: content",
        "z/kind: kind",
        "z/link: link-target",
        "z/mode: mode",
        "z/only-a: only source",
        "z/only-b: only target",
        "z/owner: owner group",
        "z/size: content",
        "z/times: times",
      ],
    ]);
    // Inodes, times of change and all: whatever is touched has another ctime.
    expect([walk(scene.source), walk(scene.target)]).toEqual(before);
    const { bytesSent, bytesReceived } = summaryOf(result);
    if (!isSftp(way)) expect(Number(bytesSent) + Number(bytesReceived)).toBeLessThan(400_000);
  });

  test("what has rotted is named on the side that has it", async () => {
    using scene = newScene(way, sshd);
    makeTree(
      scene.source,
      files({ ours: "ours", theirs: "theirs", both: "both", "d/fine": "fine" }),
    );
    tool("cp", ["-aT", scene.source, scene.target]);
    const line = ["verify", "--json", "--remembered", scene.from, scene.to];
    const first = await scene.run(...line);
    expect([first.code, summaryOf(first)["unremembered"]]).toEqual([0, 4]);
    for (const at of ["source/ours", "target/theirs", "source/both", "target/both"]) {
      rot(scene.path(at));
    }
    const second = await scene.run(...line);
    expect([second.code, summaryOf(second)["unremembered"], differences(second)]).toEqual([
      3,
      0,
      [
        "both: corrupt source corrupt target",
        "ours: content corrupt source",
        "theirs: content corrupt target",
      ],
    ]);
  });
});

test("a root that is missing there fails, and nothing is compared with itself", async () => {
  using scene = newScene(WAYS.push, sshd);
  makeTree(scene.source, files({ "in/f": "f" }));
  const missing = await scene.run("verify", "--json", scene.from, scene.to);
  expect([missing.code, eventsOf(missing)]).toEqual([
    1,
    [expect.objectContaining({ type: "error", target: scene.to, code: "ROOT_MISSING" })],
  ]);
  const itself = await scene.run("verify", scene.source, `here:${scene.source}`);
  expect([itself.code, itself.stderr]).toEqual([2, expect.stringContaining("same")]);
});
