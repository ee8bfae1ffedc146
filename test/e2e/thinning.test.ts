import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import { describe, expect, test } from "vitest";

import { walk } from "../support/judge.ts";
import { stampsIn } from "../support/kept.ts";
import { mountExfat } from "../support/mounts.ts";
import type { Place } from "../support/place.ts";
import { newPlace } from "../support/place.ts";
import { outcome } from "../support/proof.ts";
import { mirror, ofType, problemsOf, syncline } from "../support/syncline.ts";
import { files, makeTree } from "../support/trees.ts";

const hour = 3_600_000;
const day = 24 * hour;

const storeOf = (place: Place) => path.join(place.target, ".syncline/versions");
const stampOf = (at: number) => new Date(at).toISOString().replaceAll(":", "-");

async function run(place: Place, rule: string, content: string) {
  writeFileSync(place.path("source/f"), content);
  const line = ["--versions", rule, "--max-delete", "100%", place.source, place.target];
  return mirror(place, line);
}

/** Makes a run of the store one of another time. */
function redate(place: Place, stamp: string, at: number): string {
  const name = stampOf(at);
  for (const end of ["", ".jsonl"]) {
    renameSync(path.join(storeOf(place), stamp + end), path.join(storeOf(place), name + end));
  }
  return name;
}

/** As if the store had been thinned until now all the time. */
function trustTime(place: Place, asOf: number): void {
  const note = path.join(storeOf(place), "thinned.json");
  const last = JSON.parse(readFileSync(note, "utf8")) as object;
  writeFileSync(note, JSON.stringify({ ...last, asOf }));
}

const notices = (stderr: string) => stderr.split("\n").filter((line) => line.startsWith("note:"));

/** What is kept of `f`: run and content. */
function keptIn(place: Place): string[] {
  return stampsIn(place.target).flatMap((stamp) => {
    try {
      return [`${stamp} ${readFileSync(path.join(storeOf(place), stamp, "f"), "utf8")}`];
    } catch {
      return [];
    }
  });
}

describe("trash", () => {
  test("goes when it is old enough, whole runs with their records", async () => {
    using place = newPlace();
    makeTree(place.source, files({ f: "0" }));
    for (const content of ["1", "22", "333", "4444"]) await run(place, "trash:2d", content);
    const [, first, second, third] = stampsIn(place.target);
    const now = Date.now();
    rmSync(path.join(storeOf(place), stampsIn(place.target)[0]!), { recursive: true });
    rmSync(path.join(storeOf(place), `${stampsIn(place.target)[0]!}.jsonl`));
    redate(place, first!, now - 3 * day);
    const young = redate(place, second!, now - day);
    trustTime(place, now);
    const result = await run(place, "trash:2d", "55555");
    expect(outcome(result)).toEqual({ code: 0, problems: [], stderr: "" });
    const stamps = stampsIn(place.target);
    expect(keptIn(place)).toEqual([`${young} 22`, `${third} 333`, `${stamps.at(-1)} 4444`]);
    expect(notices(result.stderr)).toEqual([]);
  });

  test("a run that did not go well drops nothing", async () => {
    using place = newPlace();
    makeTree(place.source, files({ f: "0" }));
    for (const content of ["1", "22"]) await run(place, "trash:2d", content);
    const old = redate(place, stampsIn(place.target)[1]!, Date.now() - 3 * day);
    rmSync(
      path.join(
        storeOf(place),
        stampsIn(place.target).find((stamp) => stamp !== old)!,
      ),
      {
        recursive: true,
      },
    );
    trustTime(place, Date.now());
    // A file that cannot be stored makes the run one with problems.
    const options = { env: { SYNCLINE_FS: "portable" } };
    makeTree(place.source, [{ path: "fifo", kind: "fifo" }]);
    const line = ["--versions", "trash:2d", "--preserve", "specials", place.source, place.target];
    const result = await mirror(place, line, options);
    expect([result.code, problemsOf(result)]).toEqual([3, ["fifo unsupported"]]);
    expect(keptIn(place)).toContain(`${old} 1`);
  });
});

test("tiered keeps the last of each span, of each path", async () => {
  using place = newPlace();
  makeTree(place.source, files({ f: "0", g: "g", "d/h": "h" }));
  await run(place, "tiered", "1");
  rmSync(place.path("source/g"));
  await run(place, "tiered", "22");
  rmSync(place.path("source/d"), { recursive: true });
  for (const content of ["333", "4444"]) await run(place, "tiered", content);
  // Three of them into one day, 40 days ago, which is one week of that tier.
  const base = Math.floor((Date.now() - 40 * day) / (7 * day)) * 7 * day + 3 * day;
  const [made, second, third, last] = stampsIn(place.target);
  redate(place, made!, base);
  const names = [second!, third!].map((stamp, i) => redate(place, stamp, base + (i + 1) * hour));
  trustTime(place, Date.now());
  const result = await run(place, "tiered", "55555");
  expect(outcome(result)).toEqual({ code: 0, problems: [], stderr: "" });
  const newest = stampsIn(place.target).at(-1)!;
  expect(keptIn(place)).toEqual([`${names[1]} 22`, `${last} 333`, `${newest} 4444`]);
  // What was kept once only is still there.
  const paths = walk(storeOf(place)).map((seen) => seen.path);
  expect(paths).toEqual(expect.arrayContaining([`${names[0]}/g`, `${names[1]}/d/h`]));
  expect(readdirSync(path.join(storeOf(place), names[0]!))).toEqual(["g"]);
});

describe("a clock that cannot be right", () => {
  test("a store that was never thinned loses nothing, however old it looks", async () => {
    using place = newPlace();
    makeTree(place.source, files({ f: "0" }));
    for (const content of ["1", "22"]) await run(place, "trash:2d", content);
    const old = redate(place, stampsIn(place.target)[1]!, Date.now() - 4000 * day);
    rmSync(path.join(storeOf(place), "thinned.json"));
    const result = await run(place, "trash:2d", "333");
    expect(result.code).toBe(0);
    expect(keptIn(place)).toContain(`${old} 1`);
    expect(notices(result.stderr)).toEqual([expect.stringContaining("the clock may have jumped")]);
  });

  test("nothing is dropped while something is dated in the future", async () => {
    using place = newPlace();
    makeTree(place.source, files({ f: "0" }));
    for (const content of ["1", "22", "333"]) await run(place, "trash:2d", content);
    const [, second, third] = stampsIn(place.target);
    const old = redate(place, second!, Date.now() - 30 * day);
    redate(place, third!, Date.now() + 30 * day);
    trustTime(place, Date.now());
    const result = await run(place, "trash:2d", "4444");
    expect(result.code).toBe(0);
    expect(keptIn(place)).toContain(`${old} 1`);
    expect(notices(result.stderr)).toEqual([expect.stringContaining("in the future")]);
    // Runs keep their order all the same.
    expect(keptIn(place).map((line) => line.split(" ")[1])).toEqual(["1", "22", "333"]);
  });
});

test("where a file system has neither links nor exchange, old content is kept all the same", async () => {
  using place = newPlace();
  mountExfat(place.target, "64m");
  makeTree(place.source, files({ f: "0", "d/gone": "g", "d/kind": "k" }));
  const options = ["--no-preserve", "mode"];
  const line = ["--versions", "trash", "--max-delete", "100%", ...options];
  await mirror(place, [...line, place.source, place.target]);
  rmSync(place.source, { recursive: true });
  makeTree(place.source, files({ f: "11", "d/kind/now": "a directory" }));
  const result = await mirror(place, [...line, place.source, place.target]);
  expect([result.code, problemsOf(result)]).toEqual([0, []]);
  const [, stamp] = stampsIn(place.target);
  const listed = await syncline(place, ["versions", "--json", place.target]);
  expect(ofType(listed, "version").map((version) => version["path"])).toEqual([
    "d/gone",
    "d/kind",
    "f",
  ]);
  const then = place.path("then");
  const args = ["restore", place.target, ".", "--at", stamp!, "--to", then];
  expect((await syncline(place, args)).code).toBe(0);
  const content = (name: string) => readFileSync(path.join(then, name), "utf8");
  expect([content("f"), content("d/gone"), content("d/kind")]).toEqual(["0", "g", "k"]);
});
