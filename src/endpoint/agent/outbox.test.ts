import { expect, test } from "vitest";

import { mostEarly } from "../../wire/bootstrap.ts";
import { newOutbox } from "./outbox.ts";

/** A way that remembers what went over it. */
function newWay() {
  const sent: string[] = [];
  return {
    sent,
    count: 0,
    write(bytes: Uint8Array): undefined {
      sent.push(bytes.length > 100 ? `${bytes.length}` : Buffer.from(bytes).toString());
    },
  };
}

const text = (value: string): Uint8Array => Buffer.from(value);

test("goes ahead in blocks, then as it is, and files are between", () => {
  const outbox = newOutbox();
  const way = newWay();
  expect(outbox.write(text("one"))).toBeUndefined();
  outbox.open(way);
  expect(outbox.write(text("three"))).toBeUndefined();
  outbox.release([text("file")]);
  expect(outbox.write(text("rest"))).toBeUndefined();
  expect(way.sent).toEqual([
    "00000003",
    "one",
    "00000005",
    "three",
    "00000000",
    "00000004",
    "file",
    "rest",
  ]);
});

test("sends no more ahead than the other side will hold, and keeps the order", async () => {
  const outbox = newOutbox();
  const way = newWay();
  outbox.open(way);
  expect(outbox.write(new Uint8Array(mostEarly - 1))).toBeUndefined();
  const late = outbox.write(text("four"));
  expect(late).toBeInstanceOf(Promise);
  expect(outbox.write(text("1"))).toBeInstanceOf(Promise);
  const before = ["0003ffff", `${mostEarly - 1}`];
  expect(way.sent).toEqual(before);
  outbox.release([]);
  await late;
  expect(way.sent).toEqual([...before, "00000000", "four", "1"]);
});

test("lets nobody wait for ever, and takes whatever comes then", async () => {
  const outbox = newOutbox();
  const wait = outbox.write(new Uint8Array(mostEarly + 1));
  outbox.drop();
  await wait;
  const way = newWay();
  outbox.open(way);
  outbox.release([text("file")]);
  expect(outbox.write(new Uint8Array(mostEarly + 1))).toBeUndefined();
  expect(way.sent).toEqual([]);
});
