import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { Seen } from "../../support/judge.ts";
import { judge, walk } from "../../support/judge.ts";
import { done, leftovers, outcome } from "../../support/proof.ts";
import { tool } from "../../support/python.ts";
import type { Scene } from "../../support/remote.ts";
import { ALL_WAYS, isSftp, kept, newScene } from "../../support/remote.ts";
import type { Sshd } from "../../support/sshd.ts";
import { startSshd } from "../../support/sshd.ts";
import { countsOf, summaryOf } from "../../support/syncline.ts";
import type { TreeEntry } from "../../support/trees.ts";
import { everything, files, makeTree, MOMENT, rootOnly } from "../../support/trees.ts";

let sshd: Sshd;

beforeAll(async () => {
  sshd = await startSshd({ sharesLogin: true });
});

afterAll(() => sshd[Symbol.asyncDispose]());

/** Another tree under the same names, and more. */
function stray(tree: readonly TreeEntry[]): TreeEntry[] {
  const others = tree.map((entry): TreeEntry => {
    const { path } = entry;
    if (entry.kind === "directory") return { path, kind: "directory", mtime: MOMENT };
    return { path, kind: "file", content: `stray ${path.slice(0, 20)}`, mode: 0o640 };
  });
  return [...others, ...files({ "names/more": "more", "zzz/only/here": "here", ".dot": "" })];
}

/** Inodes by path: equal before and after where nothing was replaced. */
function inodes(walked: readonly Seen[]): Record<string, string> {
  return Object.fromEntries(walked.map(({ path, inode }) => [path, inode]));
}

/** Changes of metadata alone, in the source. */
function relabel({ source }: Scene, keepsAll: boolean): void {
  const change = (script: string) => tool("sh", ["-ec", `cd "$0"; ${script}`, source]);
  change(
    "chmod 700 . names modes/f444 modes/d0; chmod 4711 modes/f4755; chown 7:8 empty-file root",
  );
  change("chown -h 7:8 root/foreign-link; touch -d @1000000000.5 times/epoch.d");
  if (!keepsAll) return;
  change("chown 9:9 special/fifo; chmod 600 special/socket; touch -d @1000000000.5 special/fifo");
  change("touch -h -d @5 links/up; setfattr -n user.added -v new large");
  change("setfattr -x user.note attributes/file; setfattr -n user.on-dir -v x empty-dir");
  change("setfacl -b attributes/file; setfacl -k attributes; setfacl -m u:99:r-x names");
  change("setfacl -m d:u:98:r-- empty-dir");
}

describe.each(ALL_WAYS)("$name", (way) => {
  test("everything arrives, and what is only named otherwise later is not sent again", async () => {
    using scene = newScene(way, sshd);
    makeTree(scene.source, kept(way, [...everything(400), ...rootOnly()]));
    const before = walk(scene.source);
    const first = await scene.mirror(...scene.all);
    expect(outcome(first)).toEqual(done);
    // The root is the place, not an entry.
    expect(summaryOf(first)["created"]).toBe(before.length - 1);
    const arrived = walk(scene.target);
    expect(leftovers(arrived)).toEqual([]);
    expect(judge(scene.source, scene.target, scene.tolerance)).toEqual([]);
    expect(walk(scene.source)).toEqual(before);

    relabel(scene, !isSftp(way));
    const again = await scene.prove(...scene.all);
    expect(countsOf(again)).toMatchObject({ created: 0, updated: 0, deleted: 0, moved: 0 });
    expect(summaryOf(again)["bytesCopied"]).toBe(0);
    expect(inodes(walk(scene.target))).toEqual(inodes(arrived));
  });

  test("everything arrives over something else", async () => {
    using scene = newScene(way, sshd);
    const tree = kept(way, [...everything(30), ...rootOnly()]);
    makeTree(scene.source, tree);
    makeTree(scene.target, stray(tree));
    await scene.prove(...scene.all, "--max-delete", "100%");
    expect(leftovers(walk(scene.target))).toEqual([]);
  });
});
