import { setTimeout } from "node:timers/promises";

import { describe, expect, test } from "vitest";

import type { ByteString } from "../../src/base/byte-string.ts";
import { byteString } from "../../src/base/byte-string.ts";
import type { ChunkList } from "../../src/core/chunk-list.ts";
import type { RelPath } from "../../src/core/path.ts";
import type { ChunkRequest, Endpoint } from "../../src/endpoint/endpoint.ts";
import { noise } from "../support/noise.ts";
import type { EndpointPlace, OpenPlace } from "./endpoint-place.ts";
import { allChunks, early, late, never, rowsOf, tellsApart } from "./endpoint-place.ts";

const options = allChunks;

async function requestsFor(endpoint: Endpoint): Promise<ChunkRequest[]> {
  const out: ChunkRequest[] = [];
  for (const [path, entry] of await rowsOf(endpoint))
    if (entry.kind === "file") out.push({ path, entry });
  return out;
}

/** Content that cuts itself, as the text that places take. */
function content(length: number, seed: number): string {
  return byteString(noise(length, seed));
}

function digestsOf({ sizes, digests }: ChunkList): ByteString[] {
  return Array.from(sizes, (_, i) => byteString(digests.subarray(i * 16, i * 16 + 16)));
}

/** Whether the driver knows of none: it would have to fetch the content, and could not say whose it is. */
function knowsNone(endpoint: Endpoint, lists: readonly (ChunkList | undefined)[]): boolean {
  return !tellsApart(endpoint) && lists.every((list) => list === undefined);
}

/** What files consist of. */
export function describeChunks(open: OpenPlace): void {
  describe("chunks", () => {
    test("are told of every file, in the order in which they were asked for", async () => {
      await using place = await open();
      const sizes = [0, 1, 20_000, 300_000, 1_200_000];
      for (const [i, size] of sizes.entries())
        place.make(`target/d/f${i}`, { kind: "file", content: content(size, size) });
      const target = place.open("target");
      const requests = (await requestsFor(target)).reverse();
      const lists = await target.chunks(requests, options, never);
      if (knowsNone(target, lists)) return;
      const told = lists.map((list) => list!.sizes.reduce((sum, size) => sum + size, 0));
      expect(told).toEqual(sizes.toReversed());
      expect(lists.every((list) => list!.digests.length === list!.sizes.length * 16)).toBe(true);
      expect(lists[0]!.sizes.length).toBeGreaterThan(5);
    });

    test("are the same at every place that has the content", async () => {
      await using place = await open();
      place.make("target/f", { kind: "file", content: content(900_000, 1) });
      place.make("source/g", { kind: "file", content: content(900_000, 1), mtime: late });
      const [target, source] = [place.open("target"), place.open("source")];
      const [theirs] = await target.chunks(await requestsFor(target), options, never);
      const [ours] = await source.chunks(await requestsFor(source), options, never);
      if (knowsNone(target, [theirs, ours])) return;
      expect(ours).toEqual(theirs);
      // Of the protocol: who cuts or hashes in another way finds nothing.
      expect({
        sizes: [...ours!.sizes.subarray(0, 3)],
        digest: Buffer.from(ours!.digests.subarray(0, 16)).toString("hex"),
      }).toMatchInlineSnapshot(`
        {
          "digest": "77154ab9cf656b003ee6b914cafe3ddd",
          "sizes": [
            60182,
            47293,
            22544,
          ],
        }
      `);
    });

    test("are mostly those from before where little has changed", async () => {
      await using place = await open();
      const old = content(1_500_000, 2);
      place.make("target/a", { kind: "file", content: old });
      place.make("target/b", {
        kind: "file",
        content: `${old.slice(0, 700_000)}inserted${old.slice(700_000)}`,
      });
      const target = place.open("target");
      const lists = await target.chunks(await requestsFor(target), options, never);
      if (knowsNone(target, lists)) return;
      const [before, after] = lists.map((list) => digestsOf(list!));
      const isNew = (digest: ByteString): boolean => !before!.includes(digest);
      expect(after!.filter(isNew).length).toBeLessThan(8);
      expect(after!.length).toBeGreaterThan(16);
    });

    test("of a sample are mostly the file's own, and are the same at every place that has the content", async () => {
      await using place = await open();
      const old = content(9_000_000, 3);
      place.make("target/f", { kind: "file", content: old });
      place.make("source/g", {
        kind: "file",
        content: `${old.slice(0, 5_000_000)}in${old.slice(5_000_000)}`,
      });
      const [target, source] = [place.open("target"), place.open("source")];
      const quick = { ...options, extent: "quick" } as const;
      const [sample] = await source.chunks(await requestsFor(source), quick, never);
      const [twin] = await target.chunks(await requestsFor(target), quick, never);
      const [list] = await target.chunks(await requestsFor(target), options, never);
      if (knowsNone(target, [sample, twin, list])) return;
      const [own, ours, all] = [sample, twin, list].map((it) => digestsOf(it!));
      expect(ours!.length).toBeLessThan(all!.length / 2);
      for (const some of [own!, ours!])
        expect(some.filter((digest) => all!.includes(digest)).length).toBeGreaterThan(
          some.length / 2,
        );
      // Where it begins.
      expect(own!.slice(0, 3)).toEqual(all!.slice(0, 3));
    });

    test("are told of files that are reached through links, if that is asked for", async () => {
      await using place = await open();
      place.make("source/d/f", { kind: "file", content: content(200_000, 4) });
      place.make("source/e", { kind: "symlink", linkTarget: "d" });
      const source = place.open("source");
      const [{ entry }] = (await requestsFor(source)) as [ChunkRequest];
      const requests = [{ path: "e/f" as RelPath, entry }];
      const asked = [true, false].map((followLinks) =>
        source.chunks(requests, { ...options, followLinks }, never),
      );
      const [followed, not] = (await Promise.all(asked)).flat();
      if (knowsNone(source, [followed, not])) return;
      expect([followed?.sizes.reduce((sum, size) => sum + size, 0), not]).toEqual([
        200_000,
        undefined,
      ]);
    });

    test.each<[string, (place: EndpointPlace) => void]>([
      ["has another size", (place) => place.rewrite("target/f", "scanned, too", early)],
      ["has another time", (place) => place.rewrite("target/f", "SCANNED", late)],
      [
        "was written to and got its time back",
        (place) => place.rewrite("target/f", "SCANNED", early),
      ],
      ["is another file", (place) => place.make("target/f", { kind: "file", content: "scanned" })],
      ["is a link", (place) => place.make("target/f", { kind: "symlink", linkTarget: "g" })],
      ["is a directory", (place) => place.make("target/f", { kind: "directory" })],
      ["is gone", (place) => place.remove("target/f")],
    ])("are not told of a file that %s, and of the others they are", async (_what, meanwhile) => {
      await using place = await open();
      place.make("target/f", { kind: "file", content: "scanned" });
      place.make("target/g", { kind: "file", content: "scanned" });
      const target = place.open("target");
      const requests = await requestsFor(target);
      // Older kernels tick that slowly, and within one tick nothing can be told.
      await setTimeout(20);
      meanwhile(place);
      const lists = await target.chunks(requests, options, never);
      if (knowsNone(target, lists)) return;
      expect(lists.map((list) => list?.sizes)).toEqual([undefined, Uint32Array.of(7)]);
    });

    test("end when the signal aborts", async () => {
      await using place = await open();
      place.make("target/f", { kind: "file", content: "content" });
      const target = place.open("target");
      const requests = await requestsFor(target);
      const asking = target.chunks(requests, options, AbortSignal.abort());
      await expect(asking).rejects.toThrow(/abort/);
    });
  });
}
