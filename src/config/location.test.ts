import { expect, test } from "vitest";

import { SyncError } from "../base/errors.ts";
import { checkLocalLocation } from "./location.ts";

test.each(["/data", "data", "./a:b", "/a:b", "dir/a:b", "-dash", "../up", " "])(
  "%j is local",
  (text) => {
    expect(() => checkLocalLocation(text)).not.toThrow();
  },
);

test.each([
  "",
  "a\0b",
  "host:dir",
  "me@host:dir",
  "ssh://host/dir",
  "sftp://host/dir",
  "a:b",
  ":x",
])("%j is refused", (text) => {
  expect(() => checkLocalLocation(text)).toThrow(SyncError);
});
