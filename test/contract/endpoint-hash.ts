import { setTimeout } from "node:timers/promises";

import { describe, expect, test } from "vitest";

import { digestBytes } from "../../src/core/content-hash.ts";
import type { HashAlgorithm, HashExtent } from "../../src/core/content-hash.ts";
import type { Endpoint, HashRequest, HashVerdict } from "../../src/endpoint/endpoint.ts";
import type { EndpointPlace, OpenPlace } from "./endpoint-place.ts";
import { early, fileAt, late, never, path, rowsOf, tellsApart } from "./endpoint-place.ts";

const options = { algorithm: "blake3", followLinks: false, side: "target" } as const;

async function requestsFor(endpoint: Endpoint, what: HashExtent): Promise<HashRequest[]> {
  const out: HashRequest[] = [];
  for (const [at, entry] of await rowsOf(endpoint)) {
    if (entry.kind === "file") out.push({ path: at, size: entry.size, what, entry });
  }
  return out;
}

function brief(verdict: HashVerdict): readonly string[] {
  if ("digest" in verdict) return [verdict.path, verdict.digest];
  const { path, side, code } = verdict.problem;
  return [verdict.path, path, side, code];
}

/** Hashing files where they are. */
export function describeHash(open: OpenPlace): void {
  describe("hashing", () => {
    const algorithms: readonly HashAlgorithm[] = ["blake3", "sha256", "sha1", "md5"];

    test.each(algorithms)("gives equal digests to equal content only (%s)", async (algorithm) => {
      await using place = await open();
      const long = "0123456789abcdef".repeat(20_000);
      const contents = ["", "\u0000", "same", "sane", long, `${long}x`, `${long.slice(0, -1)}x`];
      for (const [i, content] of contents.entries()) {
        place.make(`source/a${i}`, { kind: "file", content });
        place.make(`source/d/b${i}`, { kind: "file", content, mtime: late });
      }
      const source = place.open("source");
      const requests = await requestsFor(source, "full");
      const verdicts = await source.hash(requests, { ...options, algorithm }, never);
      expect(verdicts.map((verdict) => verdict.path)).toEqual(requests.map(({ path }) => path));
      const digests = verdicts.map((verdict) => brief(verdict)[1]!);
      expect(digests.map(({ length }) => length)).toEqual(
        requests.map(() => digestBytes[algorithm]),
      );
      const half = contents.length;
      expect(digests.slice(0, half)).toEqual(digests.slice(half));
      expect(new Set(digests).size).toBe(half);
    });

    test("tells by a quick hash where the head, the middle, the tail or the size differ", async () => {
      await using place = await open();
      const size = 200_000;
      const change = (at: number): string => `${"x".repeat(at)}y${"x".repeat(size - at - 1)}`;
      const contents: Record<string, string> = {
        "a-plain": "x".repeat(size),
        "b-between": change(40_000),
        "c-head": change(0),
        "d-middle": change(size / 2),
        "e-tail": change(size - 1),
        "f-longer": "x".repeat(size + 1),
      };
      for (const [at, content] of Object.entries(contents))
        place.make(`source/${at}`, { kind: "file", content });
      const source = place.open("source");
      const verdicts = await source.hash(await requestsFor(source, "quick"), options, never);
      const [plain, between, ...others] = verdicts.map((verdict) => brief(verdict)[1]!);
      // What lies between the samples is not looked at.
      expect(between).toBe(plain);
      expect(new Set([plain, ...others]).size).toBe(1 + others.length);
    });

    test("gives small files the same quick hash as full hash, and larger ones another", async () => {
      await using place = await open();
      for (const size of [0, 1, 48 * 1024, 48 * 1024 + 1])
        place.make(`source/${String(size).padStart(5, "0")}`, {
          kind: "file",
          content: "x".repeat(size),
        });
      const source = place.open("source");
      const quick = await source.hash(await requestsFor(source, "quick"), options, never);
      const full = await source.hash(await requestsFor(source, "full"), options, never);
      const isSame = quick.map((verdict, i) => brief(verdict)[1] === brief(full[i]!)[1]);
      expect(isSame).toEqual([true, true, true, false]);
    });

    test.each<[string, (place: EndpointPlace) => void, string]>([
      ["has another size", (place) => place.rewrite("target/f", "scanned, too", early), "changed"],
      ["has another time", (place) => place.rewrite("target/f", "SCANNED", late), "changed"],
      [
        "was written to and got its time back",
        (place) => place.rewrite("target/f", "SCANNED", early),
        "changed",
      ],
      [
        "is another file",
        (place) => place.make("target/f", { kind: "file", content: "scanned" }),
        "changed",
      ],
      [
        "is a link",
        (place) => place.make("target/f", { kind: "symlink", linkTarget: "g" }),
        "changed",
      ],
      ["is a directory", (place) => place.make("target/f", { kind: "directory" }), "changed"],
      ["is gone", (place) => place.remove("target/f"), "vanished"],
    ])("says so where a file %s", async (what, meanwhile, code) => {
      await using place = await open();
      place.make("target/f", { kind: "file", content: "scanned" });
      place.make("target/g", { kind: "file", content: "scanned" });
      const target = place.open("target");
      const requests = await requestsFor(target, "full");
      // Older kernels tick that slowly, and within one tick nothing can be told.
      await setTimeout(20);
      meanwhile(place);
      const [changed, other] = (await target.hash(requests, options, never)).map(brief);
      const looksTheSame = /is another file|got its time back/.test(what);
      if (tellsApart(target) || !looksTheSame) {
        expect([changed, other!.length]).toEqual([["f", "f", "target", code], 2]);
      } else expect([changed!.length, other!.length]).toEqual([2, 2]);
    });

    test("takes a file that is known by its place for what it is, as closely as times are kept", async () => {
      await using place = await open();
      place.make("target/f", { kind: "file", content: "content", mtime: early });
      const target = place.open("target");
      await target.root();
      const { timeResolution } = target.capabilities;
      const known = await fileAt(target, "f");
      const unknown = { dev: 0, inoHigh: 0, inoLow: 0, ctimeSec: 0, ctimeNs: 0 };
      const at = (apart: number): HashRequest => {
        const ns = known.mtimeNs + apart;
        const mtime = { mtimeSec: known.mtimeSec + Math.floor(ns / 1e9), mtimeNs: ns % 1e9 };
        const entry = { ...known, ...unknown, ...mtime };
        return { path: path("f"), size: known.size, what: "full", entry };
      };
      const requests = [at(0), at(timeResolution - 1), at(timeResolution)];
      const verdicts = await target.hash(requests, options, never);
      const codes = verdicts.map((verdict) => ("problem" in verdict ? verdict.problem.code : ""));
      expect(codes).toEqual(["", "", "changed"]);
    });

    test("reads through links where it is asked to, and nowhere else", async () => {
      await using place = await open();
      place.make("target/d/f", { kind: "file", content: "content" });
      place.make("target/e", { kind: "symlink", linkTarget: "d" });
      const target = place.open("target");
      const entry = await fileAt(target, "d/f");
      const requests = ["d/f", "e/f"].map((at): HashRequest => {
        return { path: path(at), size: entry.size, what: "full", entry };
      });
      const through = await target.hash(requests, { ...options, followLinks: true }, never);
      expect(brief(through[1]!)[1]).toBe(brief(through[0]!)[1]);
      const kept = await target.hash(requests, options, never);
      expect(kept.map(brief)[1]).toEqual(["e/f", "e/f", "target", "changed"]);
    });

    test("hashes many files, in the order in which they were asked for", async () => {
      await using place = await open();
      const names = Array.from({ length: 700 }, (_, i) => `f${i}`);
      for (const name of names)
        place.make(`source/${name}`, { kind: "file", content: `${name.length}` });
      const source = place.open("source");
      const requests = await requestsFor(source, "full");
      requests.reverse();
      const verdicts = await source.hash(requests, options, never);
      expect(verdicts.map((verdict) => verdict.path)).toEqual(requests.map(({ path }) => path));
      const digests = new Map(verdicts.map((verdict) => brief(verdict) as [string, string]));
      expect(new Set(digests.values()).size).toBe(3);
      expect(digests.get("f7")).toBe(digests.get("f8"));
    });

    test("ends when the signal aborts", async () => {
      await using place = await open();
      place.make("source/f", { kind: "file", content: "content" });
      const source = place.open("source");
      const hashing = source.hash(await requestsFor(source, "full"), options, AbortSignal.abort());
      await expect(hashing).rejects.toThrow(/abort/);
    });
  });
}
