import { describe, expect, test } from "vitest";

import { fingerprint, walk } from "../support/judge.ts";
import type { Place } from "../support/place.ts";
import { newPlace } from "../support/place.ts";
import { DRIVERS, planned } from "../support/proof.ts";
import { tool } from "../support/python.ts";
import { mirror, NOTHING_TO_DO, problemsOf } from "../support/syncline.ts";
import type { TreeEntry } from "../support/trees.ts";
import { files, makeTree } from "../support/trees.ts";

const link = (path: string, target: string): TreeEntry => ({ path, kind: "symlink", target });

/** Links that stay within the tree, by what they say alone, and links that do not. */
const SAFE = {
  plain: "file",
  inner: "dir/x",
  "dir/up": "../file",
  "dir/sub/roundabout": "../../dir/../dir/x",
  dangling: "no/such",
  "dir/self": ".",
};
const UNSAFE = {
  absolute: "/etc/hostname",
  "absolute-inside": "",
  climbs: "../outside/secret",
  "dir/climbs": "../../outside/secret",
  "dir/sub/deep": "../../../outside",
  "dir/back-and-forth": "sub/../../../source/file",
  parent: "..",
};

function plant(place: Place): void {
  const unsafe = { ...UNSAFE, "absolute-inside": `${place.source}/file` };
  makeTree(place.source, [
    ...files({ file: "content", "dir/x": "x", "dir/sub/y": "y" }),
    ...Object.entries({ ...SAFE, ...unsafe }).map(([path, target]) => link(path, target)),
  ]);
  makeTree(place.path("outside"), files({ secret: "SECRET" }));
}

function links(place: Place): string[] {
  return walk(place.target)
    .filter(({ kind }) => kind === "symlink")
    .map(({ path }) => path);
}

describe.each(DRIVERS)("$driver", ({ options }) => {
  test("--links skip and safe leave links out; what the target has in their place goes or stays as they say", async () => {
    using place = newPlace();
    plant(place);
    const line = [place.source, place.target];
    const safe = await mirror(place, ["--links", "safe", ...line], options);
    expect([0, 3]).toContain(safe.code);
    expect(links(place)).toEqual(Object.keys(SAFE).sort());
    expect(await planned(place, ["--links", "safe", ...line], options)).toMatchObject({
      created: 0,
      updated: 0,
      deleted: 0,
      metadata: 0,
    });
    const skip = await mirror(place, ["--links", "skip", ...line], options);
    expect(skip.code).toBe(0);
    expect(walk(place.target).filter(({ kind }) => kind === "file").length).toBe(3);
  });

  test("--links follow copies what links lead to; those that lead nowhere or round in a circle are problems", async () => {
    using place = newPlace();
    makeTree(place.source, [
      ...files({ file: "content", "dir/x": "x" }),
      link("a-file", "file"),
      link("a-dir", "dir"),
      link("outside", "../outside"),
      link("chain", "a-file"),
      link("dir/nothing", "no/such"),
    ]);
    makeTree(place.path("outside"), files({ asked: "for" }));
    const line = ["--links", "follow", place.source, place.target];
    const result = await mirror(place, line, options);
    expect([result.code, problemsOf(result).map((text) => text.split(" ")[0])]).toEqual([
      3,
      expect.arrayContaining(["dir/nothing"]),
    ]);
    expect(links(place)).toEqual([]);
    const content = (path: string) => tool("cat", [`${place.target}/${path}`]);
    expect(["a-file", "chain", "a-dir/x", "outside/asked"].map(content)).toEqual([
      "content",
      "content",
      "x",
      "for",
    ]);
    tool("rm", [`${place.source}/dir/nothing`]);
    await mirror(place, line, options);
    expect(await planned(place, line, options)).toEqual({ ...NOTHING_TO_DO, actions: [], code: 0 });
  });

  test("--links follow ends, however the links are laid", async () => {
    using place = newPlace();
    makeTree(place.source, [
      ...files({ "d/e/x": "x" }),
      link("d/e/to-top", "../.."),
      link("d/self", "self"),
      link("d/here", "."),
      link("ping", "pong"),
      link("pong", "ping"),
    ]);
    const line = ["--links", "follow", place.source, place.target];
    const result = await mirror(place, line, { ...options, timeoutMs: 30_000 });
    expect(result.code).toBe(3);
    expect(tool("cat", [`${place.target}/d/e/x`])).toBe("x");
  });

  test("a kept link is never written through, whatever it points at", async () => {
    using place = newPlace();
    plant(place);
    const before = fingerprint(place.path("outside"));
    makeTree(place.target, [link("file", "../outside/secret"), link("dir", "../outside")]);
    const result = await mirror(place, [place.source, place.target], options);
    expect([result.code, tool("cat", [`${place.target}/dir/x`])]).toEqual([0, "x"]);
    expect(fingerprint(place.path("outside")) === before).toBe(true);
  });
});
