import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

import { afterEach, beforeEach, expect, test } from "vitest";

import { type LineOptions, type Proxy, startProxy } from "./proxy.ts";

const MEGABYTE = 1_000_000;

let server: Server;
let proxy: Proxy;

/** Answers with everything that it is told. */
beforeEach(async () => {
  server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => {});
    socket.pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  proxy = await startProxy({ to: address.port });
});

afterEach(async () => {
  await proxy.stop();
  server.close();
});

test.each<LineOptions>([
  {},
  { delayMs: 30 },
  { bytesPerSecond: 20 * MEGABYTE },
  { delayMs: 30, bytesPerSecond: 20 * MEGABYTE },
])("bytes arrive as they were sent and are counted once: %o", async (options) => {
  await proxy.setOptions(options);
  const bytes = someBytes(2 * MEGABYTE);
  const echoes = await Promise.all([echo(bytes), echo(bytes)]);
  expect(echoes.map(digest)).toEqual([digest(bytes), digest(bytes)]);
  await expect(settled()).resolves.toEqual({
    toTarget: 4 * MEGABYTE,
    toClient: 4 * MEGABYTE,
    connections: 0,
    accepted: 2,
  });
});

test("nothing is back before a round trip, and nothing faster than the limit", async () => {
  await proxy.setOptions({ delayMs: 100 });
  expect(await timed(() => echo(Buffer.from("a")))).toBeGreaterThanOrEqual(200);
  await proxy.setOptions({ bytesPerSecond: 10 * MEGABYTE });
  expect(await timed(() => echo(someBytes(2 * MEGABYTE)))).toBeGreaterThanOrEqual(190);
});

test("what was sent before is on its way while more is sent", async () => {
  await proxy.setOptions({ delayMs: 200 });
  // One at a time, these would take a minute.
  const elapsed = await timed(() => echo(someBytes(5 * MEGABYTE)));
  expect(elapsed).toBeLessThan(30_000);
});

test("a cut resets what is open and lets others in", async () => {
  const socket = await open();
  const reset = failure(socket);
  await proxy.cut();
  expect(await reset).toBe("ECONNRESET");
  expect(String(await echo(Buffer.from("again")))).toBe("again");
});

test("a cut can wait for a number of bytes, and so can another one behind it", async () => {
  await proxy.cutAfter(MEGABYTE, 2 * MEGABYTE);
  for (let cut = 0; cut < 2; cut++) {
    expect(String(await echo(Buffer.from("little")))).toBe("little");
    const socket = await open();
    const reset = failure(socket);
    socket.write(someBytes(3 * MEGABYTE));
    expect(await reset).toMatch(/ECONNRESET|EPIPE/);
  }
  expect(await echo(someBytes(3 * MEGABYTE))).toHaveLength(3 * MEGABYTE);
});

test("a stalled line keeps everything back until it goes on", async () => {
  const socket = await open();
  const received: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => received.push(chunk));
  await proxy.stall();
  socket.end("late");
  const another = echo(Buffer.from("later"));
  await sleep(200);
  expect(received).toEqual([]);
  const ended = once(socket, "end");
  await proxy.resume();
  await ended;
  expect(String(Buffer.concat(received))).toBe("late");
  expect(String(await another)).toBe("later");
});

test("a refusing port lets nobody in and goes on with what is open", async () => {
  const socket = await open();
  await proxy.refuse();
  expect(await failure(connect(proxy.port, "127.0.0.1"))).toBe("ECONNREFUSED");
  socket.end("still here");
  const [chunk] = (await once(socket, "data")) as [Buffer];
  expect(String(chunk)).toBe("still here");
  await proxy.resume();
  expect(String(await echo(Buffer.from("back")))).toBe("back");
});

async function open(): Promise<Socket> {
  const socket = connect({ port: proxy.port, host: "127.0.0.1", allowHalfOpen: true });
  await once(socket, "connect");
  // Once it has been answered, it is open all the way.
  socket.write("?");
  await once(socket, "data");
  return socket;
}

async function echo(bytes: Buffer): Promise<Buffer> {
  const socket = connect({ port: proxy.port, host: "127.0.0.1", allowHalfOpen: true });
  socket.end(bytes);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function failure(socket: Socket): Promise<string | undefined> {
  const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
  return error.code;
}

async function settled(): Promise<Awaited<ReturnType<Proxy["counters"]>>> {
  for (;;) {
    const counters = await proxy.counters();
    if (counters.connections === 0) return counters;
    await sleep(5);
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function someBytes(count: number): Buffer {
  const bytes = Buffer.alloc(count);
  for (let index = 0; index < count; index += 4)
    bytes.writeUInt32LE(Math.imul(index, 0x9e3779b1) >>> 0, index);
  return bytes;
}

function digest(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
