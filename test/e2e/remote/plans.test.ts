import { existsSync, readFileSync, writeFileSync } from "node:fs";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { fingerprint, judge, walk } from "../../support/judge.ts";
import { leftovers } from "../../support/proof.ts";
import { newScene, WAYS } from "../../support/remote.ts";
import type { Sshd } from "../../support/sshd.ts";
import { startSshd } from "../../support/sshd.ts";
import type { Result } from "../../support/syncline.ts";
import { countsOf, guardsOf, ofType, problemsOf } from "../../support/syncline.ts";
import { everything, files, makeTree, manyFiles } from "../../support/trees.ts";

let sshd: Sshd;

beforeAll(async () => {
  sshd = await startSshd({ sharesLogin: true });
});

afterAll(() => sshd[Symbol.asyncDispose]());

/** What is said of each action but whether it has been done, and to what. */
function actions(result: Result): string[] {
  return ofType(result, "action").map(({ outcome: _outcome, target: _target, ...action }) =>
    JSON.stringify(action),
  );
}

function idOf(result: Result): string {
  return String(ofType(result, "saved")[0]?.["id"]);
}

describe.each([WAYS.push, WAYS.pull, WAYS.relay, WAYS.sftpPush])("$name", (way) => {
  test("a plan in a file is what a mirror would do; it is shown, and applied once", async () => {
    using scene = newScene(way, sshd);
    const nodes = (path: string) => /special|fifo|times\/(neg|long)|^links/.test(path);
    const moved = (dir: string) =>
      manyFiles(30, "moved").map((one) => ({ ...one, path: `${dir}/${one.path}` }));
    makeTree(scene.source, [
      ...everything(20).filter(({ path }) => !nodes(path)),
      ...files({ "swap/a": "dir becomes file", "swap/b/c": "file becomes dir" }),
      ...moved("after/dir"),
    ]);
    makeTree(scene.target, [
      ...manyFiles(60, "old").filter((_, n) => n % 7 !== 0),
      // Of another size: over SFTP nothing else tells apart what was written in one second.
      ...files({ "swap/a/x/y": "1", "swap/b": "2", "names/*": "three", "zz/1/2/3": "4" }),
      ...moved("before/dir"),
    ]);
    const before = [fingerprint(scene.source), fingerprint(scene.target)];
    const file = scene.path("plan.ndjson");
    const line = ["--json", ...scene.all, "--max-delete", "100%", scene.from, scene.to];
    const made = await scene.run("plan", "mirror", "-o", file, ...line);
    expect([made.code, problemsOf(made)]).toEqual([0, []]);
    const shown = await scene.run("show", "--json", file);
    expect([shown.code, actions(shown)]).toEqual([0, actions(made)]);
    expect([fingerprint(scene.source), fingerprint(scene.target)]).toEqual(before);
    const dry = await scene.mirror("--dry-run", ...scene.all, "--max-delete", "100%");
    expect(actions(dry)).toEqual(actions(made));

    const applied = await scene.run("apply", "--json", file);
    expect([applied.code, problemsOf(applied)]).toEqual([0, []]);
    expect(actions(applied).toSorted()).toEqual(actions(made).toSorted());
    expect(judge(scene.source, scene.target, scene.tolerance)).toEqual([]);
    expect(leftovers(walk(scene.target))).toEqual([]);
    const twice = await scene.run("apply", "--json", file);
    expect([twice.code, ofType(twice, "error")[0]?.["message"]]).toEqual([
      2,
      expect.stringContaining("was applied already"),
    ]);
  });

  test("what has become stale is left alone and said, and the rest is done", async () => {
    using scene = newScene(way, sshd);
    makeTree(
      scene.source,
      files({ one: "1", two: "2", changed: "changed", "new/three": "3", "-rf;\n": "4" }),
    );
    makeTree(scene.target, files({ changed: "was", "gone/file": "gone" }));
    const made = await scene.run("plan", "mirror", "--json", scene.from, scene.to);
    const id = idOf(made);
    expect(id).toMatch(/^[0-9a-f]{8}$/);
    writeFileSync(`${scene.target}/changed`, "by somebody else");
    writeFileSync(`${scene.source}/one`, "another one");
    writeFileSync(`${scene.target}/gone/kept`, "new");
    const result = await scene.run("apply", "--json", id);
    expect([result.code, problemsOf(result).sort()]).toEqual([
      3,
      ["changed changed", "gone not-empty", "one changed"],
    ]);
    expect(readFileSync(`${scene.target}/changed`, "utf8")).toBe("by somebody else");
    expect(readFileSync(`${scene.target}/new/three`, "utf8")).toBe("3");
    expect(readFileSync(`${scene.target}/-rf;\n`, "utf8")).toBe("4");
    expect(existsSync(`${scene.target}/gone/file`)).toBe(false);
  });
});

test("a guard that halts a plan can be accepted when it is applied", async () => {
  using scene = newScene(WAYS.push, sshd);
  makeTree(scene.source, files({ a: "a" }));
  makeTree(scene.target, manyFiles(50, "old"));
  const made = await scene.run("plan", "mirror", "--json", scene.from, scene.to);
  expect([made.code, guardsOf(made)]).toEqual([5, ["deletes"]]);
  const halted = await scene.run("apply", "--json", idOf(made));
  expect([halted.code, guardsOf(halted)]).toEqual([5, ["deletes"]]);
  const applied = await scene.run("apply", "--json", idOf(made), "--accept", "deletes");
  expect([applied.code, countsOf(applied)["deleted"]]).toEqual([0, 51]);
  expect(judge(scene.source, scene.target)).toEqual([]);
});
