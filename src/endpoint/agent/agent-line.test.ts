import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";

import { reachNobody } from "../../../test/support/agent-pair.ts";
import { newDirectory } from "../../../test/model/disk.ts";
import type { TransportPair } from "../../../test/support/transport-pair.ts";
import { transportPair } from "../../../test/support/transport-pair.ts";
import { serve } from "../../agent/serve.ts";
import { bytesOfText } from "../../base/byte-string.ts";
import { SyncError } from "../../base/errors.ts";
import { openLocalHost } from "../local/host.ts";
import { openAgent } from "./agent-endpoint.ts";
import type { AgentEndpoint } from "./remote.ts";
import { newAgentLine } from "./agent-line.ts";

interface Scene extends AsyncDisposable {
  readonly endpoint: AgentEndpoint;
  /** The connection that stands. */
  readonly pair: () => TransportPair;
  /** Milliseconds that were waited before each attempt. */
  readonly waits: readonly number[];
}

/** A line to a host at which somebody answers in some attempts to connect, by their number. */
function openScene(answers: (attempt: number) => boolean): Scene {
  const dir = newDirectory();
  const agents: Promise<void>[] = [];
  const waits: number[] = [];
  let pair: TransportPair | undefined;
  let attempts = 0;
  const line = newAgentLine({
    name: "there",
    connect() {
      pair = transportPair();
      if (!answers(attempts++)) return { ...pair.client, incoming: refused() };
      const connectOn = async (): Promise<typeof reachNobody> => reachNobody;
      const openHost = () => openLocalHost(undefined);
      agents.push(serve(pair.server, { openHost, home: "/", connectOn }));
      return pair.client;
    },
    retries: 3,
    timeout: 20_000,
    sleep: async (ms) => void waits.push(ms),
    onNotice: () => {},
  });
  const place = { number: 0, location: "there:", path: bytesOfText(dir.path) };
  return {
    endpoint: openAgent(line, place),
    pair: () => pair!,
    waits,
    async [Symbol.asyncDispose]() {
      await line[Symbol.asyncDispose]();
      await Promise.all(agents);
      dir[Symbol.dispose]();
    },
  };
}

// oxlint-disable-next-line require-yield
async function* refused(): AsyncGenerator<Uint8Array> {
  throw new SyncError("ENDPOINT_UNREACHABLE", "there: the connection was refused");
}

test("a host that is not there the first time is not waited for", async () => {
  await using scene = openScene(() => false);
  await expect(scene.endpoint.root()).rejects.toMatchObject({ code: "ENDPOINT_UNREACHABLE" });
  expect(scene.waits).toEqual([]);
});

test("a host that is gone between two pieces of work is waited for, longer each time", async () => {
  await using scene = openScene((attempt) => attempt === 0 || attempt === 3);
  await scene.endpoint.root();
  scene.pair().cut("end");
  await setImmediate();
  await scene.endpoint.flush();
  expect(scene.waits).toEqual([500, 1000]);
});

test("a host that does not come back was lost, and it is said what remains", async () => {
  await using scene = openScene((attempt) => attempt === 0);
  await scene.endpoint.root();
  scene.pair().cut("end");
  await setImmediate();
  await expect(scene.endpoint.flush()).rejects.toMatchObject({
    code: "ENDPOINT_LOST",
    message: "there: the connection was refused",
    hint: expect.stringMatching(/^The connection had been lost .*the next run goes on from there/),
  });
  expect(scene.waits).toEqual([500, 1000, 2000]);
});
