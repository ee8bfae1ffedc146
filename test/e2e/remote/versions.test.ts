import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { judge } from "../../support/judge.ts";
import { judgeReplica, saveReplica, stampsIn } from "../../support/kept.ts";
import { done, outcome } from "../../support/proof.ts";
import { tool } from "../../support/python.ts";
import { newScene, WAYS } from "../../support/remote.ts";
import type { Sshd } from "../../support/sshd.ts";
import { startSshd } from "../../support/sshd.ts";
import { countsOf, NOTHING_TO_DO } from "../../support/syncline.ts";
import type { TreeEntry } from "../../support/trees.ts";
import { files, HARD_NAMES, makeTree, manyFiles } from "../../support/trees.ts";

let sshd: Sshd;

beforeAll(async () => {
  sshd = await startSshd({ sharesLogin: true });
});

afterAll(() => sshd[Symbol.asyncDispose]());

function tree(n: number): TreeEntry[] {
  return [
    ...HARD_NAMES.map((name): TreeEntry => ({
      path: `names/${name}`,
      kind: "file",
      content: `${n} ${name}`.repeat(n),
    })),
    ...HARD_NAMES.map((name): TreeEntry => ({
      path: `kinds/${name}`,
      ...(n === 1 ? { kind: "file", content: "x" } : { kind: "symlink", target: name }),
    })),
    { path: "large", kind: "file", size: 500_000 + n, fill: n },
    ...files({ [`only-${n}/deep/er/f`]: `${n}`, "same/f": "same", [`moved-${n}/f`]: "moved" }),
    ...manyFiles(40, "same"),
  ];
}

describe.each([WAYS.push, WAYS.relay, WAYS.sftpPush])("$name", (way) => {
  test("what a run replaces or deletes there is kept there, and comes back", async () => {
    using scene = newScene(way, sshd);
    const line = ["--versions", "trash", "--max-delete", "100%"];
    makeTree(scene.source, tree(1));
    expect(outcome(await scene.mirror(...line))).toEqual(done);
    saveReplica(scene.target, scene.path("saved"));
    tool("rm", ["-rf", scene.source]);
    makeTree(scene.source, tree(2));
    expect(outcome(await scene.mirror(...line))).toEqual(done);
    expect(judgeReplica(scene.source, scene.target, scene.tolerance)).toEqual([]);
    const again = await scene.mirror(...line);
    expect(countsOf(again)).toEqual(NOTHING_TO_DO);

    const stamps = stampsIn(scene.target);
    expect(stamps).toHaveLength(2);
    const at = ["--at", stamps[1]!];
    const then = ["--to", scene.path("then")];
    const aside = await scene.run("restore", "--json", scene.target, ".", ...at, ...then);
    expect(outcome(aside)).toEqual(done);
    expect(judge(scene.path("saved"), scene.path("then"), scene.tolerance)).toEqual([]);
    const back = await scene.run("restore", "--json", scene.target, ".", ...at, "-y");
    expect(outcome(back)).toEqual(done);
    expect(judgeReplica(scene.path("saved"), scene.target, scene.tolerance)).toEqual([]);
  });
});

test("old copies of another host are not to be had from here, which is said", async () => {
  using scene = newScene(WAYS.push, sshd);
  for (const command of [["versions"], ["restore", "--at", "now"]]) {
    const result = await scene.run(...command, scene.to, ...(command.length > 1 ? ["."] : []));
    expect([result.code, result.stderr]).toEqual([2, expect.stringContaining("on other hosts")]);
  }
});
