import { describe, expect, test } from "vitest";

import { parsePasswordSource, parseRetries, parseSshOption } from "./login.ts";

describe("where a password comes from", () => {
  test.each([
    ["env:SECRET", { type: "env", name: "SECRET" }],
    ["file:/run/secrets/a b", { type: "file", path: "/run/secrets/a b" }],
    ["command:pass show a:b | head -1", { type: "command", line: "pass show a:b | head -1" }],
    ["env:", undefined],
    ["env:A=B", undefined],
    ["file:", undefined],
    ["file:a\0b", undefined],
    ["secret", undefined],
    ["stdin:x", undefined],
    ["ENV:X", undefined],
    ["", undefined],
  ])("%j is %j", (text, source) => {
    expect(parsePasswordSource(text)).toEqual(source);
  });
});

describe("a setting of ssh", () => {
  test.each([
    ["ProxyJump=gate.example", { name: "ProxyJump", value: "gate.example" }],
    ["ProxyCommand = ssh -W %h:%p gate", { name: "ProxyCommand", value: "ssh -W %h:%p gate" }],
    ["SetEnv=A=B", { name: "SetEnv", value: "A=B" }],
    ["ProxyJump", undefined],
    ["ProxyJump=", undefined],
    ["=x", undefined],
    ["-o=x", undefined],
    ["Port=1\nProxyCommand=evil", undefined],
    ["", undefined],
  ])("%j is %j", (text, option) => {
    expect(parseSshOption(text)).toEqual(option);
  });
});

test.each([
  ["0", 0],
  ["3", 3],
  ["1000", 1000],
  ["1001", undefined],
  ["-1", undefined],
  ["1.5", undefined],
  ["", undefined],
  ["many", undefined],
])("%j is %j retries", (text, retries) => {
  expect(parseRetries(text)).toBe(retries);
});
