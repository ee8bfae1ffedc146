import * as fc from "fast-check";
import { expect, test } from "vitest";

import { bytesOfText } from "../base/byte-string.ts";
import { SyncError } from "../base/errors.ts";
import type { RemoteLocation } from "../core/location.ts";
import { locationKey } from "../core/location.ts";
import { parseLocation } from "./location.ts";

test.each(["/data", "data", "./a:b", "/a:b", "dir/a:b", "-dash", "../up", " ", "/x/", "~/a"])(
  "%j is local",
  (text) => {
    expect(parseLocation(text)).toEqual({ type: "local", typed: text, path: text });
  },
);

/** Typed, then: user, host, port, path. */
type Row = readonly [string, string | undefined, string, number | undefined, string];

const shorts: readonly Row[] = [
  ["host:dir", undefined, "host", undefined, "dir"],
  ["host:dir/", undefined, "host", undefined, "dir"],
  ["host:/dir//sub/./", undefined, "host", undefined, "/dir/sub"],
  ["host:/", undefined, "host", undefined, "/"],
  ["host:", undefined, "host", undefined, ""],
  ["host:.", undefined, "host", undefined, ""],
  ["host:~", undefined, "host", undefined, ""],
  ["host:~/a b", undefined, "host", undefined, "a b"],
  ["host:./~a", undefined, "host", undefined, "~a"],
  ["host:./:a", undefined, "host", undefined, ":a"],
  ["host:a:b", undefined, "host", undefined, "a:b"],
  ["host:a%20b", undefined, "host", undefined, "a%20b"],
  ["host:../up", undefined, "host", undefined, "../up"],
  ["host:-dash", undefined, "host", undefined, "-dash"],
  ["host:a\nb", undefined, "host", undefined, "a\nb"],
  ["host:a@[b]:c", undefined, "host", undefined, "a@[b]:c"],
  ["me@host:dir", "me", "host", undefined, "dir"],
  ["me@corp.example@host:dir", "me@corp.example", "host", undefined, "dir"],
  ["CORP\\me@host:dir", "CORP\\me", "host", undefined, "dir"],
  ["[::1]:dir", undefined, "::1", undefined, "dir"],
  ["me@[fe80::1%eth0]:/dir", "me", "fe80::1%eth0", undefined, "/dir"],
  ["me@corp@[fe80::1]:/dir", "me@corp", "fe80::1", undefined, "/dir"],
];

test.each(shorts)("%j is a place on another host", (typed, user, host, port, path) => {
  expect(parseLocation(typed)).toEqual({
    type: "ssh",
    typed,
    address: { user, host, port },
    path: bytesOfText(path),
  });
});

const urls: readonly Row[] = [
  ["//host/dir", undefined, "host", undefined, "/dir"],
  ["//host/dir/", undefined, "host", undefined, "/dir"],
  ["//host", undefined, "host", undefined, ""],
  ["//host/", undefined, "host", undefined, "/"],
  ["//host/~", undefined, "host", undefined, ""],
  ["//host/~/dir", undefined, "host", undefined, "dir"],
  ["//host/~//dir", undefined, "host", undefined, "dir"],
  ["//host/%7E/dir", undefined, "host", undefined, "/~/dir"],
  ["//host/a%20b?c#d", undefined, "host", undefined, "/a b?c#d"],
  ["//host/a%3Ab:c", undefined, "host", undefined, "/a:b:c"],
  ["//me@host:2222/dir", "me", "host", 2222, "/dir"],
  ["//me@corp@host/dir", "me@corp", "host", undefined, "/dir"],
  ["//me%40corp@host/dir", "me@corp", "host", undefined, "/dir"],
  ["//[::1]/dir", undefined, "::1", undefined, "/dir"],
  ["//me@[fe80::1%25eth0]:22/dir", "me", "fe80::1%eth0", 22, "/dir"],
];

test.each(urls)("%j of ssh and sftp is a place on another host", (rest, user, host, port, path) => {
  for (const type of ["ssh", "sftp"] as const) {
    const typed = `${type}:${rest}`;
    expect(parseLocation(typed)).toEqual({
      type,
      typed,
      address: { user, host, port },
      path: bytesOfText(path),
    });
  }
});

test("bytes that are no text can be written in a URL", () => {
  expect(parseLocation("SSH://host/%ff%C3%BC")).toMatchObject({
    type: "ssh",
    path: "/\xff\xc3\xbc",
  });
});

test.each([
  "",
  "a\0b",
  "host:a\0b",
  "ssh://host/a%00b",
  ":x",
  "@host:dir",
  "me@:dir",
  "::1:dir",
  "host::module",
  "-oProxyCommand=x:dir",
  "me@-oProxyCommand=x:dir",
  "-me@host:dir",
  "me -x@host:dir",
  "ho st:dir",
  "ho\nst:dir",
  "host$(x):dir",
  "host;x:dir",
  "`x`:dir",
  "m;e@host:dir",
  "[host]:dir",
  "[::1:dir",
  "[]:dir",
  "host:~other/dir",
  "ssh://host/~other/dir",
  "ssh://",
  "ssh:///dir",
  "ssh://me@/dir",
  "ssh://-oX=y/dir",
  "ssh://%2doX=y/dir",
  "ssh://a%2Fb/dir",
  "ssh://host:0/dir",
  "ssh://host:65536/dir",
  "ssh://host:x/dir",
  "ssh://host:/dir",
  "ssh://me:secret@host/dir",
  "ssh://::1/dir",
  "ssh://host/100%",
  "ssh://%ff/dir",
  "rsync://host/dir",
  "file:///dir",
])("%j is refused", (text) => {
  expect(() => parseLocation(text)).toThrow(SyncError);
});

test("a password is not repeated", () => {
  expect(() => parseLocation("ssh://me:secret@host/dir")).toThrow(/^(?!.*secret)/);
});

test.each([
  ["me@corp@host:a b/", "ssh://me%40corp@host/~/a%20b"],
  ["host:", "ssh://host/~/"],
  ["host:/", "ssh://host/"],
  ["ssh://[::1]:22/%7e/~", "ssh://[::1]:22/%7E/~"],
  ["sftp://host/ü%ff%", undefined],
  ["sftp://host/ü%ff%25", "sftp://host/%C3%BC%FF%25"],
])("the key of %j is %j", (typed, key) => {
  if (key === undefined) expect(() => parseLocation(typed)).toThrow(SyncError);
  else expect(locationKey(parseLocation(typed) as RemoteLocation)).toBe(key);
});

test("a key is a location of the same place, with the same key", () => {
  const path = fc.string({ unit: fc.constantFrom("a", "~", "/", ".", "%", "\xff", ":", "?", " ") });
  fc.assert(
    fc.property(path, (path) => {
      let location: RemoteLocation;
      try {
        location = parseLocation(`me@host:${path}`) as RemoteLocation;
      } catch {
        return;
      }
      const again = parseLocation(locationKey(location)) as RemoteLocation;
      expect({ ...again, typed: "" }).toEqual({ ...location, typed: "" });
      expect(locationKey(again)).toBe(locationKey(location));
    }),
  );
});
