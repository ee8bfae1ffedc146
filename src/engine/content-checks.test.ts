import { describe, expect, test } from "vitest";

import { bytes, file, path } from "../../test/model/findings.ts";
import type { Difference } from "../core/difference.ts";
import type { FileEntry } from "../core/entry.ts";
import { comparePaths } from "../core/path.ts";
import type { ContentVerdict, Endpoint } from "../endpoint/endpoint.ts";
import { openMemory } from "../endpoint/memory/memory-endpoint.ts";
import { entryOf } from "../endpoint/memory/memory-node.ts";
import { plant } from "../endpoint/memory/memory-tree.ts";
import type { MemoryWorld, WorldOptions } from "../endpoint/memory/memory-world.ts";
import { newWorld } from "../endpoint/memory/memory-world.ts";
import { keptByBoth } from "../../test/model/runs.ts";
import { newContentChecker } from "./content-checks.ts";

type Check = Extract<Difference, { type: "check" }>;
type Settled = Exclude<Difference, { type: "check" }>;

const nothingSaid: Pick<Check, "type" | "isLinked" | "aspects" | "around"> = {
  type: "check",
  isLinked: false,
  aspects: [],
  around: undefined,
};

/** Two worlds that hold a file of their own at each path. */
function worlds(
  contents: Readonly<Record<string, readonly [source: string, target: string]>>,
  options: WorldOptions = {},
): { readonly source: MemoryWorld; readonly target: MemoryWorld; readonly checks: Check[] } {
  const [source, target] = [newWorld({ pieceBytes: 3 }), newWorld({ pieceBytes: 2, ...options })];
  const put = (world: MemoryWorld, at: string, content: string): FileEntry => {
    const node = plant(world, path(at), { kind: "file", content: bytes(content) });
    return entryOf(node, { xattrs: true, acls: true }) as FileEntry;
  };
  const checks = Object.entries(contents).map(([at, [ours, theirs]]) => ({
    ...nothingSaid,
    path: path(at),
    size: bytes(ours).length,
    source: put(source, at, ours),
    target: put(target, at, theirs),
  }));
  return { source, target, checks };
}

async function settle(
  checks: readonly Check[],
  source: Endpoint,
  target: Endpoint,
): Promise<Settled[]> {
  const out: Settled[] = [];
  const options = { preserve: keptByBoth(source, target), followLinks: false };
  const { signal } = new AbortController();
  const checker = newContentChecker(
    { source, target, options, hash: "blake3" },
    (one) => out.push(one),
    signal,
  );
  for (const check of checks) await checker.add(check);
  await checker.finish();
  return out.sort((a, b) => comparePaths(pathOf(a), pathOf(b)));
}

function pathOf(settled: Settled): ReturnType<typeof path> {
  return settled.type === "frozen" ? settled.problem.path : settled.path;
}

describe("content that is hashed at both ends", () => {
  test("is equal, or an aspect that differs", async () => {
    const { source, target, checks } = worlds({
      empty: ["", ""],
      equal: ["1234567", "1234567"],
      first: ["1234567", "x234567"],
      last: ["1234567", "123456x"],
    });
    const settled = await settle(checks, openMemory(source, "/"), openMemory(target, "/"));
    expect(settled).toEqual(
      checks.slice(2).map(({ size: _size, isLinked: _isLinked, ...check }) => ({
        ...check,
        type: "differs",
        aspects: ["content"],
      })),
    );
  });

  test("is said beside what differs anyway", async () => {
    const { source, target, checks } = worlds({ a: ["1", "1"], b: ["1", "2"] });
    const given = checks.map((check): Check => ({ ...check, aspects: ["times", "mode"] }));
    const settled = await settle(given, openMemory(source, "/"), openMemory(target, "/"));
    expect(settled.map((one) => ("aspects" in one ? [one.type, one.aspects] : one))).toEqual([
      ["differs", ["times", "mode"]],
      ["differs", ["content", "times", "mode"]],
    ]);
  });

  test("leaves an equal file with several names to its group", async () => {
    const { source, target, checks } = worlds({ a: ["1", "1"], b: ["1", "1"], c: ["1", "2"] });
    const several = (entry: FileEntry): FileEntry => ({ ...entry, nlink: 2 });
    const given: Check[] = [
      { ...checks[0]!, isLinked: true, source: several(checks[0]!.source) },
      { ...checks[1]!, isLinked: true, target: several(checks[1]!.target) },
      { ...checks[2]!, isLinked: true, target: several(checks[2]!.target) },
    ];
    const settled = await settle(given, openMemory(source, "/"), openMemory(target, "/"));
    expect(settled.map(({ type }) => type)).toEqual(["linked", "linked", "differs"]);
  });

  test("freezes the path where either end cannot be read, and names that end", async () => {
    const { source, target, checks } = worlds({ a: ["1", "1"], b: ["1", "1"], c: ["1", "2"] });
    source.unreadable.set(path("a"), { code: "io", message: "the source's disk is broken" });
    target.unreadable.set(path("b"), { code: "io", message: "the target's disk is broken" });
    const settled = await settle(checks, openMemory(source, "/"), openMemory(target, "/"));
    expect(settled.slice(0, 2)).toEqual([
      {
        type: "frozen",
        problem: { path: "a", side: "source", code: "io", message: "the source's disk is broken" },
      },
      {
        type: "frozen",
        problem: { path: "b", side: "target", code: "io", message: "the target's disk is broken" },
      },
    ]);
    expect(settled[2]!.type).toBe("differs");
  });

  test("freezes a file that has changed since it was scanned", async () => {
    const { source, target, checks } = worlds({ a: ["1", "1"], b: ["1", "1"] });
    plant(source, path("a"), { kind: "file", content: bytes("2") });
    plant(target, path("b"), { kind: "file", content: bytes("2") });
    const settled = await settle(checks, openMemory(source, "/"), openMemory(target, "/"));
    expect(
      settled.map((one) => one.type === "frozen" && [one.problem.side, one.problem.code]),
    ).toEqual([
      ["source", "changed"],
      ["target", "changed"],
    ]);
  });
});

describe("many checks", () => {
  const names = Array.from({ length: 3000 }, (_, n) => `f${String(n).padStart(4, "0")}`);

  test("are all settled, once each", async () => {
    const { source, target, checks } = worlds(
      Object.fromEntries(names.map((name, n) => [name, ["1", n % 2 === 0 ? "1" : "2"]])),
    );
    const settled = await settle(checks, openMemory(source, "/"), openMemory(target, "/"));
    expect(settled.map(pathOf)).toEqual(names.filter((_, n) => n % 2 === 1));
  });

  test("go to the target's own way of comparing where it has one, in batches that are bounded", async () => {
    const checks = names.map((name) => ({
      ...nothingSaid,
      path: path(name),
      size: 0,
      source: file(),
      target: file(),
    }));
    const batches: number[] = [];
    let under = 0;
    let most = 0;
    const source = openMemory(newWorld(), "/");
    const target: Endpoint = {
      ...openMemory(newWorld(), "/"),
      async compareContent(batch) {
        batches.push(batch.length);
        most = Math.max(most, ++under);
        await Promise.resolve();
        under--;
        return batch.map(({ path }): ContentVerdict => ({ path, equal: false }));
      },
    };
    const settled = await settle(checks, source, target);
    expect(settled.map(pathOf)).toEqual(names);
    expect(Math.max(...batches)).toBe(1024);
    expect(most).toBeLessThanOrEqual(4);
  });

  test("end with the failure of any of them", async () => {
    const checks = names.map((name) => ({
      ...nothingSaid,
      path: path(name),
      size: 0,
      source: file(),
      target: file(),
    }));
    const failure = new Error("a bug");
    const target: Endpoint = {
      ...openMemory(newWorld(), "/"),
      compareContent: async () => {
        throw failure;
      },
    };
    await expect(settle(checks, openMemory(newWorld(), "/"), target)).rejects.toBe(failure);
    await expect(settle(checks.slice(0, 1), openMemory(newWorld(), "/"), target)).rejects.toBe(
      failure,
    );
  });
});
