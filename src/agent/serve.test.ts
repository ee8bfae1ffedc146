import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";

import { applyAll, fileAt, path } from "../../test/contract/endpoint-place.ts";
import { newDirectory } from "../../test/model/disk.ts";
import { openCuttingPair } from "../../test/support/cutting-pair.ts";
import { noise } from "../../test/support/noise.ts";
import type { Action } from "../core/plan.ts";
import { openLocalHost } from "../endpoint/local/host.ts";
import { openLocal } from "../endpoint/local/local-endpoint.ts";

const MiB = 1 << 20;

test("what has arrived of a file in hand when the line breaks is put where the next run finds it", async () => {
  using dir = newDirectory();
  for (const name of ["here", "far"]) mkdirSync(`${dir.path}/${name}`);
  writeFileSync(`${dir.path}/here/first`, noise(2 * MiB, 1));
  writeFileSync(`${dir.path}/here/large`, noise(12 * MiB, 2));
  await using near = await openLocalHost(undefined);
  const source = openLocal(`${dir.path}/here`, near);
  const putOf = async (name: string): Promise<Action> => {
    const entry = await fileAt(source, name);
    return { type: "put-file", path: path(name), expected: undefined, entry };
  };
  {
    await using pair = openCuttingPair({ openHost: () => openLocalHost(undefined), retries: 0 });
    const far = pair.open(`${dir.path}/far`);
    // Threads are slow to start.
    await applyAll(far, [await putOf("first")], source);
    pair.plan([{ to: "server", bytes: 10 * MiB, how: "end" }]);
    const work = applyAll(far, [await putOf("large")], source);
    await expect(work).rejects.toMatchObject({ code: "ENDPOINT_LOST" });
  }
  const left = readdirSync(`${dir.path}/far`).find((name) => name.endsWith("~part0"));
  // But for the pack that was cut in two.
  expect(statSync(`${dir.path}/far/${left}`).size).toBeGreaterThan(8.5 * MiB);
});
