import path from "node:path";

import { describe, expect, test } from "vitest";

import { judge } from "../../support/judge.ts";
import { nodeOfVersion, nodeVersions } from "../../support/nodes.ts";
import { done, outcome } from "../../support/proof.ts";
import { newScene, WAYS } from "../../support/remote.ts";
import { startSshd } from "../../support/sshd.ts";
import { countsOf, NOTHING_TO_DO } from "../../support/syncline.ts";
import { everything, makeTree, rootOnly } from "../../support/trees.ts";

describe("an agent on Node", () => {
  test.each(nodeVersions)("%s takes and gives everything", async (version) => {
    await using sshd = await startSshd({ programs: { node: nodeOfVersion(version) } });
    using scene = newScene(WAYS.push, sshd);
    makeTree(scene.source, [...everything(30), ...rootOnly()]);
    await scene.prove();
    const back = await scene.run(
      "mirror",
      "--json",
      "--preserve",
      "mode,devices",
      scene.to,
      scene.path("back"),
    );
    expect(outcome(back)).toEqual(done);
    expect(judge(scene.source, scene.path("back"))).toEqual([]);
  });
});

describe("a host of another kind", () => {
  /** A little less than this machine's own driver: microseconds, no attributes, and no holes found. */
  const tolerance = { timesTo: 1000n, except: ["xattrs", "holes"] } as const;
  const tree = [...everything(30), ...rootOnly()].filter(
    ({ kind, path: at }) =>
      !["fifo", "socket", "char", "block"].includes(kind) && !at.includes("fifo"),
  );

  test.each(["push", "pull"] as const)("keeps what it can: %s", async (name) => {
    const way = WAYS[name];
    const preload = path.join(import.meta.dirname, "../../fixtures/other-processor.cjs");
    await using sshd = await startSshd({ environment: { NODE_OPTIONS: `--require=${preload}` } });
    using scene = newScene(way, sshd);
    const powers = name === "pull" ? ["--preserve", "mode"] : [];
    makeTree(scene.source, tree);
    const first = await scene.mirror(...powers);
    expect(outcome(first)).toEqual(done);
    expect(judge(scene.source, scene.target, tolerance)).toEqual([]);
    const again = await scene.mirror(...powers);
    expect([again.code, countsOf(again)]).toEqual([0, NOTHING_TO_DO]);
  });
});
