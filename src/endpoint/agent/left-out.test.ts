import { expect, test } from "vitest";

import { newDiskWorld } from "../../../test/contract/disk-place.ts";
import { early, late, never, plainRequest, rowsOf } from "../../../test/contract/endpoint-place.ts";
import { openAgentPair } from "../../../test/support/agent-pair.ts";
import type { FileEntry } from "../../core/entry.ts";
import { preserveAll } from "../../core/preserve.ts";
import { openLocalHost } from "../local/host.ts";
import { openLocal } from "../local/local-endpoint.ts";

test("rows that are equal here do not cross the line, and have no identity; others come as they are", async () => {
  using world = newDiskWorld();
  const openHost = () => openLocalHost("libc");
  await using host = await openHost();
  await using pair = openAgentPair({ openHost });
  const names = Array.from({ length: 1500 }, (_, n) => `d/f${n}`);
  for (const side of ["source", "target"]) {
    for (const name of names)
      world.make(`${side}/${name}`, { kind: "file", content: name, mtime: early });
  }
  world.rewrite("target/d/f30", "other", late);
  world.make("target/d/new", { kind: "file", mtime: late });
  const near = openLocal(world.at("source"), host);
  const far = pair.open(world.at("target"));
  await far.root();
  const whole = await rowsOf(far);
  const traffic = (): number => far.traffic().received;
  const before = traffic();
  const request = { ...plainRequest, side: "source" } as const;
  const like = { chunks: near.scan(request, never), preserve: preserveAll, timeResolution: 1 };
  const rows = await rowsOf(far, { like });
  const crossed = traffic() - before;
  expect(rows.map(([path]) => path)).toEqual(whole.map(([path]) => path));
  const inodes = new Map(
    rows.map(([path, finding]) => [path as string, (finding as FileEntry).inoLow]),
  );
  const real = new Map(
    whole.map(([path, finding]) => [path as string, (finding as FileEntry).inoLow]),
  );
  for (const path of ["", "d/f30", "d/new"]) expect(inodes.get(path)).toBe(real.get(path));
  expect(rows.filter(([, finding]) => (finding as FileEntry).inoLow === 0).length).toBeGreaterThan(
    1200,
  );
  expect(crossed).toBeLessThan(12_000);
});
