import { setImmediate } from "node:timers/promises";

import { describe, expect, test } from "vitest";

import type { OutputStream } from "./output.ts";
import { openOutput, openOutputs } from "./output.ts";

function fakeStream(name: string, written: string[], isTTY = false) {
  let fail = () => {};
  const stream: OutputStream = {
    isTTY,
    write: (text, done) => {
      written.push(`${name}:${text}`);
      done?.();
    },
    on: (_, listener) => {
      fail = listener;
    },
  };
  return { stream, fail: () => fail() };
}

describe("openOutput", () => {
  test("gathers lines for a file, and hands them over soon", async () => {
    const written: string[] = [];
    const output = openOutput(fakeStream("out", written).stream);
    output.write("a\n");
    output.write("b\n");
    expect(written).toEqual([]);
    await setImmediate();
    expect(written).toEqual(["out:a\nb\n"]);
  });

  test("does not gather without end", () => {
    const written: string[] = [];
    const output = openOutput(fakeStream("out", written).stream);
    for (let i = 0; i < 100; i++) output.write("x".repeat(1000));
    expect(written).toHaveLength(1);
  });

  test("writes to a terminal at once", () => {
    const written: string[] = [];
    openOutput(fakeStream("out", written, true).stream).write("a\n");
    expect(written).toEqual(["out:a\n"]);
  });

  test("a reader that has gone away is left in peace", async () => {
    const written: string[] = [];
    const { stream, fail } = fakeStream("out", written);
    const output = openOutput(stream);
    fail();
    output.write("a\n");
    await output.flush();
    expect(written).toEqual([]);
  });
});

test("what goes to both outputs keeps its order", async () => {
  const written: string[] = [];
  const { out, err } = openOutputs(
    fakeStream("out", written).stream,
    fakeStream("err", written).stream,
  );
  out.write("1\n");
  err.write("2\n");
  err.write("3\n");
  out.write("4\n");
  await Promise.all([out.flush(), err.flush()]);
  expect(written).toEqual(["out:1\n", "err:2\n3\n", "out:4\n"]);
});
