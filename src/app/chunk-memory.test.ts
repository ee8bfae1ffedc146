/** A large file that changes again and again, mirrored to another host and back: an agent in this process. */
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";

import { expect, test } from "vitest";

import { knownAt } from "../../test/contract/endpoint-place.ts";
import { openAgentPair } from "../../test/support/agent-pair.ts";
import { noise } from "../../test/support/noise.ts";
import type { Place } from "../../test/support/place.ts";
import { newPlace } from "../../test/support/place.ts";
import { isStill } from "../core/chunk-list.ts";
import { noFilter } from "../core/filter.ts";
import type { RelPath } from "../core/path.ts";
import { openAgent } from "../endpoint/agent/agent-endpoint.ts";
import { openLocalHost } from "../endpoint/local/host.ts";
import { openLocal } from "../endpoint/local/local-endpoint.ts";
import { openState } from "../state/store.ts";
import { mirror } from "./mirror.ts";
import type { ConnectRemote } from "./open-remote.ts";
import type { MirrorRequest, RunContext } from "./request.ts";
import { systemClock } from "./system-clock.ts";

const MiB = 2 ** 20;
const file = "f" as RelPath;

const connect: ConnectRemote = async () => {
  const pair = openAgentPair({ openHost: () => openLocalHost(undefined) });
  let number = 0;
  return {
    async open({ typed }, path) {
      const endpoint = openAgent(pair.line, { number: number++, location: typed, path });
      await endpoint.root();
      return endpoint;
    },
    [Symbol.asyncDispose]: () => pair[Symbol.asyncDispose](),
  };
};

async function run(place: Place, source: string, target: string): Promise<number> {
  const request = {
    source,
    targets: [target],
    dryRun: false,
    delete: true,
    deleteExcluded: false,
    deleteLimit: { type: "percent", percent: 100, atLeast: 0 },
    accept: new Set(),
    compare: "size+mtime",
    hash: "blake3",
    modifyWindow: undefined,
    preserve: new Map(),
    links: "keep",
    filter: noFilter,
    ignoreFiles: false,
    oneFileSystem: false,
    moves: true,
    flush: false,
    versions: { keep: "none" },
    stateDir: place.path("state"),
    history: true,
    driver: undefined,
  } as const satisfies MirrorRequest;
  const ctx: RunContext = {
    report: () => {},
    confirm: async () => true,
    watch: () => {},
    signal: new AbortController().signal,
    connect,
  };
  const { exitCode, summaries } = await mirror(request, ctx, systemClock);
  expect(exitCode).toBe(0);
  expect(readFileSync(`${place.target}/f`).equals(readFileSync(`${place.source}/f`))).toBe(true);
  return summaries[0]!.sent + summaries[0]!.received;
}

/** Whether it is remembered what the target's file consists of, and rightly. */
async function isRemembered(place: Place, replica: string): Promise<boolean> {
  await using host = await openLocalHost(undefined);
  const { facts, list } = await knownAt(openLocal(place.target, host), file);
  await using store = await openState(place.path("state"));
  const [known] = store.openChunks(replica).lookup([file]);
  if (known === undefined) return false;
  expect(isStill(known.facts, facts)).toBe(true);
  expect(known.list).toEqual(list);
  return true;
}

test.each([
  ["pushed", (place: Place) => [place.source, `far:${place.target}`, `ssh://far${place.target}`]],
  ["pulled", (place: Place) => [`far:${place.source}`, place.target, place.target]],
] as const)(
  "what a file that is %s again and again consists of is remembered",
  async (_what, of) => {
    using place = newPlace();
    const [source, target, replica] = of(place) as [string, string, string];
    mkdirSync(place.source);
    const content = noise(8 * MiB, 1);
    const told: { readonly crossed: boolean; readonly isRemembered: boolean }[] = [];
    for (let turn = 0; turn < 3; turn++) {
      content.set(noise(100, turn), turn * 2 * MiB);
      writeFileSync(`${place.source}/f`, content);
      utimesSync(`${place.source}/f`, 1.5e9 + turn, 1.5e9 + turn);
      const crossed = (await run(place, source, target)) > MiB;
      told.push({ crossed, isRemembered: await isRemembered(place, replica) });
    }
    expect(told).toEqual([
      { crossed: true, isRemembered: true },
      { crossed: false, isRemembered: true },
      { crossed: false, isRemembered: true },
    ]);
  },
);
