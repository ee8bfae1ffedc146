import { expect, test } from "vitest";

import { bytes, path } from "../../test/model/findings.ts";
import { isUnsafeLink } from "./link-safety.ts";

test.each<[link: string, linkTarget: string, isUnsafe: boolean]>([
  // Absolute and empty ones lead out, whatever they say.
  ["l", "/", true],
  ["l", "/etc/passwd", true],
  ["l", "//", true],
  ["l", "", true],
  // Within the top directory.
  ["l", "a", false],
  ["l", ".", false],
  ["l", "./a/./b", false],
  ["l", "a//b/", false],
  ["l", "a/..", false],
  ["l", "a/../", false],
  ["l", "a/../b", false],
  ["l", "...", false],
  ["l", "..a", false],
  ["l", "a..", false],
  // Above it.
  ["l", "..", true],
  ["l", "../", true],
  ["l", "../a", true],
  ["l", "./..", true],
  ["l", "a/../..", true],
  ["l", "a/../../a", true],
  ["l", "a/b/../../..", true],
  ["l", "a//../..", true],
  // From further down there is more room.
  ["d/l", "..", false],
  ["d/l", "../a", false],
  ["d/l", "../..", true],
  ["d/l", "../../d", true],
  ["d/l", "a/../..", false],
  ["d/l", "a/../../..", true],
  ["d/e/f/l", "../../..", false],
  ["d/e/f/l", "../../../..", true],
  // Out and in again is out: what the top is called is nobody's business.
  ["d/e/l", "../../../d/e", true],
  ["l", "\u00ff\n", false],
])("the link %j to %j is unsafe: %s", (link, linkTarget, isUnsafe) => {
  expect(isUnsafeLink(path(link), bytes(linkTarget))).toBe(isUnsafe);
});
