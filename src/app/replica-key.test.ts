import path from "node:path";

import { expect, test } from "vitest";

import { parseLocation } from "../config/location.ts";
import type { Name } from "../core/path.ts";
import type { RootInfo } from "../endpoint/endpoint.ts";
import { fixedLocation, hostKey, replicaKey } from "./replica-key.ts";

const root = (realPath: string): RootInfo => ({ realPath }) as RootInfo;

test.each([
  ["photos", "/home/me/photos", "/home/me/photos", ""],
  ["h:photos", "/home/me/photos", "ssh://h/home/me/photos", "ssh://h/"],
  ["me@h:", "/home/me", "ssh://me@h/home/me", "ssh://me@h/"],
  ["sftp://me@[::1]:2222/a", "/a b", "ssh://me@[::1]:2222/a%20b", "ssh://me@[::1]:2222/"],
  ["h:/", "/", "ssh://h/", "ssh://h/"],
  // A directory of that name here is no host.
  ["./ssh:/h", "/tmp/ssh:/h", "/tmp/ssh:/h", ""],
])("%j at %j is known as %j, on %j", (typed, realPath, key, host) => {
  const where = parseLocation(typed);
  expect([replicaKey({ where, root: root(realPath) }), hostKey(where)]).toEqual([key, host]);
});

test.each([
  ["d/f", "/d", "/d/f"],
  ["h:d/f", "/d", "ssh://h/d/f"],
  ["h:f", "/", "ssh://h/f"],
])("of %j in %j a single file is known as %j", (typed, realPath, key) => {
  const where = parseLocation(typed);
  expect(replicaKey({ where, root: root(realPath) }, "f" as Name)).toBe(key);
});

test.each([
  ["a/../b", path.resolve("b")],
  ["h:a b", "ssh://h/~/a%20b"],
  ["sftp://h/a", "sftp://h/a"],
])("%j means %j from any directory", (typed, fixed) => {
  expect(fixedLocation(parseLocation(typed))).toBe(fixed);
});
