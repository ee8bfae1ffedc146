import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { judge, walk } from "../../support/judge.ts";
import { KINDS, NODES, pairs } from "../../support/kind-pairs.ts";
import { done, leftovers, outcome } from "../../support/proof.ts";
import { tool } from "../../support/python.ts";
import { ALL_WAYS, isSftp, newScene } from "../../support/remote.ts";
import type { Sshd } from "../../support/sshd.ts";
import { startSshd } from "../../support/sshd.ts";
import type { JsonEvent, Result } from "../../support/syncline.ts";
import { countsOf, ofType, summaryOf } from "../../support/syncline.ts";
import type { TreeEntry } from "../../support/trees.ts";
import { files, makeTree, manyFiles, MOMENT } from "../../support/trees.ts";

let sshd: Sshd;

beforeAll(async () => {
  sshd = await startSshd({ sharesLogin: true });
});

afterAll(() => sshd[Symbol.asyncDispose]());

/** What is rearranged in a directory of its own, and how many moves that is. */
const REARRANGEMENTS: readonly (readonly [
  contents: Readonly<Record<string, string>>,
  script: string,
  moved: number,
])[] = [
  [{ a: "one", b: "two" }, "mv a x; mv b a; mv x b", 2],
  [
    { a: "1", b: "22", c: "333", d: "4444", e: "55555" },
    "mv a x; mv b a; mv c b; mv d c; mv e d; mv x e",
    5,
  ],
  [{ a: "1", b: "2", c: "3" }, "rm c; mv b c; mv a b", 2],
  [{ "a/x": "one", "a/y": "" }, "mv a/x t; rm -r a; mv t a", 1],
  [{ a: "one" }, "mv a t; mkdir a; mv t a/a", 1],
  [{ "a/x": "one", "b/y": "two", "b/z": "three" }, "mv a b/in; mv b c", 2],
  [
    { "old/a": "1", "old/b": "2" },
    "mkdir -p new/in; mv old/a new/in/x; mv old/b new/y; rmdir old",
    2,
  ],
  [{ "a/x": "1", "a/s/t": "in a", "b/y": "2", "b/s/t": "in b" }, "mv a t; mv b a; mv t b", 4],
  [{ "-rf": "one", "--delete": "two" }, "mv -- -rf '*'; mv -- --delete -rf", 2],
  [{ "new\nline": "1", "semi;colon": "2" }, "mv new* '^^^'; mv semi* 'new\nline'", 2],
];

/** Every file has content and a time of its own, so that what has become of it is no guess. */
function scattered(): TreeEntry[] {
  const places = REARRANGEMENTS.flatMap(([contents], n) =>
    files(contents).map((entry) => ({
      ...entry,
      path: `s${n}/${entry.path}`,
      kind: "file" as const,
      content: `${n} ${entry.path}`,
    })),
  );
  return [
    ...places.map((entry, n) => ({ ...entry, mtime: MOMENT + BigInt(n) * 10n ** 9n })),
    ...manyFiles(1200, "old").map((entry) => ({ ...entry, path: `in/old/${entry.path}` })),
    { path: "large", kind: "file", size: 3_000_000, fill: 1, mtime: MOMENT },
    { path: "shared/one", kind: "file", content: "two names", mtime: MOMENT },
    { path: "shared/two", kind: "link", target: "shared/one" },
  ];
}

function rearrange(source: string): void {
  const shell = (dir: string, script: string) =>
    tool("sh", ["-ec", `cd "$0"; ${script}`, `${source}/${dir}`]);
  for (const [n, [, script]] of REARRANGEMENTS.entries()) shell(`s${n}`, script);
  shell("", "mkdir elsewhere; mv in/old elsewhere/new; mv large larger; cp -p larger copy");
  shell("elsewhere/new", "rm d3/f300; echo edited > d4/f400; echo x > d5/more; mv d6/f600 d7/");
}

/** What a run says that it did in and around the large directory, `action from > path`. */
function actions(result: Result): string[] {
  return ofType(result, "action")
    .filter(({ action, path }) => action !== "metadata" && !/^s\d|^large|^copy/.test(String(path)))
    .map(({ action, from, path }: JsonEvent) =>
      typeof from !== "string"
        ? `${String(action)} ${String(path)}`
        : `${String(action)} ${from} > ${String(path)}`,
    );
}

const expected = [
  "create elsewhere/new/d5/more",
  "delete elsewhere/new/d3/f300",
  "mkdir elsewhere",
  "move elsewhere/new/d6/f600 > elsewhere/new/d7/f600",
  "move in/old > elsewhere/new",
  "update elsewhere/new/d4/f400",
];

describe.each(ALL_WAYS)("$name", (way) => {
  test("what has moved moves there, in any order and shape, and is not sent", async () => {
    using scene = newScene(way, sshd);
    makeTree(scene.source, scattered());
    expect(outcome(await scene.mirror())).toEqual(done);
    expect(judge(scene.source, scene.target, scene.tolerance)).toEqual([]);
    rearrange(scene.source);
    const before = walk(scene.target);
    const dry = await scene.mirror("--dry-run");
    expect(walk(scene.target)).toEqual(before);
    const real = await scene.prove();
    const said = (result: Result) =>
      ofType(result, "action").map(({ action, from, path }) => [action, from, path]);
    expect(said(real)).toEqual(said(dry));
    expect(actions(real).toSorted()).toEqual(expected);
    const moved = REARRANGEMENTS.reduce((sum, [, , count]) => sum + count, 3);
    expect(countsOf(real)).toMatchObject({ moved, copied: 1, updated: 1 });
    const { bytesSent, bytesReceived, bytesAvoided } = summaryOf(real);
    expect(Number(bytesAvoided)).toBeGreaterThan(6_000_000);
    // Over SFTP nobody can hash there: a file of which there are two now is read, to know that it is the same.
    const most = { local: isSftp(way) ? 4_000_000 : 500_000, agent: 500_000, sftp: 8_000_000 };
    expect(Number(bytesSent) + Number(bytesReceived)).toBeLessThan(
      most[way.source === "other agent" ? "agent" : way.source],
    );
    expect(leftovers(walk(scene.target))).toEqual([]);
    // It is the same file, and not another one like it.
    const inode = (walked: typeof before, path: string) =>
      walked.find((seen) => seen.path === path)?.inode;
    const after = walk(scene.target);
    expect(inode(after, "elsewhere/new/d11/f1111")).toBe(inode(before, "in/old/d11/f1111"));
    expect([inode(after, "larger"), inode(after, "copy")]).toContain(inode(before, "large"));
  });

  test("every kind replaces every kind, in directories that are not writable, too", async () => {
    using scene = newScene(way, sshd);
    const kinds = KINDS.filter(
      (kind) => !isSftp(way) || !(kind === "hard-link" || NODES.includes(kind)),
    );
    const trees = ["", "inner/", "closed/"].map((prefix) => pairs(kinds, prefix));
    const close: TreeEntry = { path: "closed", kind: "directory", mode: 0o500, mtime: MOMENT };
    makeTree(scene.target, [...trees.flatMap(({ old }) => old), close]);
    makeTree(scene.source, [...trees.flatMap(({ now }) => now), close]);
    await scene.prove(...scene.all, "--max-delete", "100%");
    expect(leftovers(walk(scene.target))).toEqual([]);
  });
});
