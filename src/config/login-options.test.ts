import { expect, test } from "vitest";

import { SyncError } from "../base/errors.ts";
import { parsePasswordSource, parseRemoteNode, parseSshOption } from "./login-options.ts";

test("a password comes from a variable, a file or a command", () => {
  expect(parsePasswordSource("env:SECRET")).toEqual({ type: "env", name: "SECRET" });
  expect(parsePasswordSource("file:/a:b")).toEqual({ type: "file", path: "/a:b" });
  expect(parsePasswordSource("command:pass show 'my host'")).toEqual({
    type: "command",
    line: "pass show 'my host'",
  });
});

test.each(["", "hunter2", "env:", "env:A=hunter2", "file:", "file:a\0b", "command:"])(
  "%j is no source of a password, and is not repeated",
  (text) => {
    expect(() => parsePasswordSource(text)).toThrow(SyncError);
    expect(() => parsePasswordSource(text)).toThrow(/^(?!.*hunter2)/);
  },
);

test("a setting of ssh has a name and a value", () => {
  expect(parseSshOption("ProxyJump=a,b")).toEqual({ name: "ProxyJump", value: "a,b" });
  expect(parseSshOption("User = me")).toEqual({ name: "User", value: "me" });
  expect(parseSshOption("SendEnv=")).toEqual({ name: "SendEnv", value: "" });
  expect(parseSshOption("ProxyCommand=nc a=b c")).toEqual({
    name: "ProxyCommand",
    value: "nc a=b c",
  });
});

test.each(["", "=x", "User", "-oUser=x", "User=a\nHost b", "User=a\0b", "A B=c"])(
  "%j is no setting of ssh",
  (text) => {
    expect(() => parseSshOption(text)).toThrow(SyncError);
  },
);

test.each(["", "-e", "a\nb", "a\0b"])("%j is not the name of node", (text) => {
  expect(() => parseRemoteNode(text)).toThrow(SyncError);
});

test("node has a name, or a path with whatever is in it", () => {
  expect(parseRemoteNode("nodejs")).toBe("nodejs");
  expect(parseRemoteNode("~/my node's/bin/node")).toBe("~/my node's/bin/node");
});
