import { execFileSync } from "node:child_process";

import { expect, test } from "vitest";

import { fingerprint, judge } from "../support/judge.ts";
import { newPlace } from "../support/place.ts";
import { tool } from "../support/python.ts";
import { everything, makeTree, rootOnly } from "../support/trees.ts";

const EACH: readonly [aspect: string, file: string, change: string][] = [
  ["content", "large", "printf X | dd of=FILE bs=1 seek=5 conv=notrunc && touch -r REF FILE"],
  ["one nanosecond", "times/epoch", "touch -d '1970-01-01 00:00:00.000000001Z' FILE"],
  ["a link's own time", "times/epoch.l", "touch -h -d '1970-01-01 00:00:00.5Z' FILE"],
  ["a directory's time", "times/epoch.d", "touch -d '1970-01-01 00:00:00.5Z' FILE"],
  ["the root's mode", ".", "chmod 755 FILE"],
  ["a mode", "modes/f4755", "chmod 755 FILE"],
  ["an owner", "root/foreign", "chown 1:54321 FILE"],
  ["a link's owner", "root/foreign-link", "chown -h 1:54321 FILE"],
  ["a device number", "root/char", "rm FILE; mknod -m 666 FILE c 1 5; touch -r REF FILE"],
  ["an attribute", "attributes/file", "setfattr -n user.note -v other FILE"],
  ["an empty attribute", "attributes/file", "setfattr -x user.empty FILE"],
  ["an access list", "attributes/file", "setfacl -m u:12345:rw- FILE; chmod 640 FILE"],
  ["a default access list", "attributes", "setfacl -m d:o::r-x FILE"],
  ["a link's target", "links/dangling", "ln -sfn elsewhere FILE && touch -h -r REF FILE"],
  ["a hard link too few", "links/b/two", "cp -a FILE FILE.new && mv FILE.new FILE"],
  ["a hard link too many", "links/b/alone", "ln -f BESIDE/links/a/one FILE"],
  ["a hole", "sparse/several", "cp -a --sparse=never FILE FILE.new && mv FILE.new FILE"],
  ["a fifo for a socket", "special/socket", "rm FILE; mkfifo -m 755 FILE; touch -r REF FILE"],
  ["a file too many", "names/extra", "touch FILE"],
  ["a file too few", "names/*", "rm FILE"],
];

test("the judge sees every kind of difference, and none where there is none", () => {
  using place = newPlace();
  makeTree(place.source, [...everything(20), ...rootOnly()]);
  tool("cp", ["-a", "--sparse=always", place.source, place.target]);
  expect(judge(place.source, place.target)).toEqual([]);
  const seen = EACH.map(([aspect, file, change]) => {
    tool("rm", ["-rf", place.path("changed")]);
    tool("cp", ["-a", place.target, place.path("changed")]);
    const variables = { FILE: `${place.path("changed")}/${file}`, BESIDE: place.path("changed") };
    const script = change
      .replaceAll("REF", `"${place.source}/$NAME"`)
      .replaceAll("BESIDE", '"$BESIDE"')
      .replaceAll(/FILE(\.new)?/g, '"$FILE"$1');
    const env = { ...process.env, ...variables, NAME: file };
    execFileSync("sh", ["-ec", script], { env, stdio: ["ignore", "ignore", "pipe"] });
    return [aspect, judge(place.source, place.path("changed")).length > 0];
  });
  expect(seen).toEqual(EACH.map(([aspect]) => [aspect, true]));
});

test("a fingerprint sees what has been put back", () => {
  using place = newPlace();
  makeTree(place.source, everything(20));
  const before = fingerprint(place.source);
  expect(fingerprint(place.source) === before).toBe(true);
  tool("chmod", ["700", `${place.source}/names`]);
  tool("chmod", ["755", `${place.source}/names`]);
  expect(fingerprint(place.source) === before).toBe(false);
});
