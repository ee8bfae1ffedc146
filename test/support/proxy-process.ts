// The process behind proxy.ts: its arguments are the port to connect to and the line's options; it is told the rest.
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

import { createLink } from "./proxy-link.ts";
import type { Counters, LineOptions, ProxyMessage, ProxyRequest } from "./proxy.ts";

const HOST = "127.0.0.1";
const target = Number(process.argv[2]);
let options = JSON.parse(process.argv[3] ?? "{}") as LineOptions;
let accepted = 0;
let untilCut = Infinity;
let furtherCuts: readonly number[] = [];
let resumed: PromiseWithResolvers<void> | undefined;

const clients = new Set<Socket>();
const sockets = new Set<Socket>();
const links = { toTarget: createLink(options, passed), toClient: createLink(options, passed) };
const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true });

server.on("connection", (client) => {
  accepted++;
  clients.add(client);
  client.on("close", () => clients.delete(client));
  register(client, client);
  void open(client);
});

/** The server learns of a connection one and a half round trips after the client has asked for it. */
async function open(client: Socket): Promise<void> {
  await sleep((options.delayMs ?? 0) * 1.5);
  await resumed?.promise;
  if (client.destroyed) return;
  const upstream = connect({ host: HOST, port: target, allowHalfOpen: true, noDelay: true });
  register(upstream, client);
  register(client, upstream);
  links.toTarget.carry(client, upstream);
  links.toClient.carry(upstream, client);
}

/** What goes wrong with one of the two goes wrong with the other. */
function register(socket: Socket, other: Socket): void {
  sockets.add(socket);
  socket.on("error", () => other.destroy());
  socket.on("close", (hadError) => {
    sockets.delete(socket);
    if (hadError) other.destroy();
  });
}

function passed(bytes: number): void {
  untilCut -= bytes;
  if (untilCut <= 0) cut();
}

function planCuts([first = Infinity, ...further]: readonly number[]): void {
  untilCut = first;
  furtherCuts = further;
}

function cut(): void {
  planCuts(furtherCuts);
  for (const socket of sockets) socket.resetAndDestroy();
}

function setStalled(isStalled: boolean): void {
  for (const link of Object.values(links)) link.setStalled(isStalled);
  resumed?.resolve();
  resumed = isStalled ? Promise.withResolvers<void>() : undefined;
}

async function answer(request: ProxyRequest): Promise<void> {
  await obey(request);
  tell({ type: "done", id: request.id, counters: counters() });
}

async function obey(request: ProxyRequest): Promise<void> {
  switch (request.command) {
    case "counters":
      return;
    case "options":
      options = request.options ?? {};
      for (const link of Object.values(links)) link.setOptions(options);
      return;
    case "cut":
      cut();
      return;
    case "cut-after":
      planCuts(request.bytes ?? []);
      return;
    case "stall":
      setStalled(true);
      return;
    case "refuse":
      server.close();
      return;
    case "resume":
      setStalled(false);
      if (!server.listening) await listen(port);
      return;
  }
}

function counters(): Counters {
  return {
    toTarget: links.toTarget.carried(),
    toClient: links.toClient.carried(),
    connections: clients.size,
    accepted,
  };
}

async function listen(wanted: number): Promise<number> {
  server.listen(wanted, HOST);
  await once(server, "listening");
  const address = server.address();
  return typeof address === "object" ? (address?.port ?? wanted) : wanted;
}

function tell(message: ProxyMessage): void {
  process.send?.(message);
}

process.on("message", (request: ProxyRequest) => {
  void answer(request);
});
// Whoever started it is gone, in whatever way.
process.on("disconnect", () => process.exit());

const port = await listen(0);
tell({ type: "listening", port });
