import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { describe, expect, test } from "vitest";

import {
  applyAll,
  bytes,
  early,
  fileAt,
  inBrief,
  path,
  rowsOf,
} from "../../../test/contract/endpoint-place.ts";
import { newDirectory } from "../../../test/model/disk.ts";
import { seeMemory } from "../../../test/model/memory.ts";
import { startSftpServer } from "../../../test/support/sftp-server.ts";
import { SyncError } from "../../base/errors.ts";
import type { Action } from "../../core/plan.ts";
import { newHasher } from "../../fs/hasher.ts";
import { packHash } from "../../wire/content-hasher.ts";
import { PackWriter } from "../../wire/pack-writer.ts";
import type { Transport } from "../../wire/transport.ts";
import type { Endpoint } from "../endpoint.ts";
import { openMemory } from "../memory/memory-endpoint.ts";
import { plant } from "../memory/memory-tree.ts";
import { newWorld } from "../memory/memory-world.ts";
import type { SftpHost } from "./session.ts";
import { openSftp } from "./sftp-endpoint.ts";

/** The line, which is cut when so many bytes have been sent. */
function cutAfter(line: Transport, most: number): Transport {
  return {
    ...line,
    write(piece) {
      if (line.traffic().sent + piece.length > most) {
        line.destroy();
        return undefined;
      }
      return line.write(piece);
    },
  };
}

interface Stage extends Disposable {
  readonly dir: string;
  readonly source: Endpoint;
  /** Opens the target; each connection in turn is cut after so many bytes. */
  readonly open: (...cuts: number[]) => Endpoint & AsyncDisposable;
  /** The same, by somebody who does not give up, and what he has been told. */
  readonly openPatient: (...cuts: number[]) => Endpoint & AsyncDisposable;
  readonly notices: string[];
}

function stageOf(files: Readonly<Record<string, string>>): Stage {
  const dir = newDirectory();
  mkdirSync(`${dir.path}/target`);
  const world = newWorld({ pieceBytes: 300_000 });
  for (const [name, content] of Object.entries(files))
    plant(world, path(name), { kind: "file", content: bytes(content), mtime: early });
  const notices: string[] = [];
  const hostOf = (cuts: number[]): SftpHost => {
    const connect = async (): Promise<Transport> =>
      cutAfter(startSftpServer(dir.path), cuts.shift() ?? Infinity);
    return { name: "host", machine: "host", connect };
  };
  const open = (...cuts: number[]): Endpoint => openSftp("target", bytes("target"), hostOf(cuts));
  const openPatient = (...cuts: number[]): Endpoint =>
    openSftp("target", bytes("target"), {
      ...hostOf(cuts),
      retries: 2,
      sleep: async () => {},
      onNotice: (message) => notices.push(message),
    });
  return {
    dir: `${dir.path}/target`,
    source: openMemory(world, "/"),
    open,
    openPatient,
    notices,
    [Symbol.dispose]: () => dir[Symbol.dispose](),
  };
}

async function putAll({ source }: Stage): Promise<Action[]> {
  const out: Action[] = [];
  for (const [at, entry] of await rowsOf(source)) {
    if (entry.kind === "file") out.push({ type: "put-file", path: at, expected: undefined, entry });
  }
  return out;
}

/** Whoever runs the tests can do this. */
const asAnybody = { preserve: { owner: false, group: false } };

async function lost(work: Promise<unknown>): Promise<void> {
  const error: unknown = await work.catch((error: unknown) => error);
  if (!(error instanceof SyncError)) throw error;
  expect(error.code).toBe("ENDPOINT_LOST");
}

/** Says of the first file that nothing more comes of it. */
async function cutPack(): Promise<Uint8Array> {
  const hasher = await newHasher("blake3");
  const writer = new PackWriter();
  writer.begin(1, 1, true);
  writer.cut();
  return writer.seal(false, packHash(hasher), () => undefined);
}

const MiB = 1 << 20;
const content = Array.from({ length: 20 }, (_, n) =>
  `${String(n)}abcdefghijklm`.repeat(MiB / 8).slice(0, MiB),
).join("");

describe("a large file whose way is cut", () => {
  /** Leaves the first half of it, or more, there. */
  async function interrupted(): Promise<Stage & { readonly part: string }> {
    const stage = stageOf({ large: content });
    await using target = stage.open(14 * MiB);
    await lost(applyAll(target, await putAll(stage), stage.source, asAnybody));
    await target[Symbol.asyncDispose]();
    // The server writes what has arrived, whatever becomes of the line.
    await expect.poll(() => readdirSync(stage.dir)).toHaveLength(1);
    const [left] = readdirSync(stage.dir);
    expect(left).toMatch(/^\.syncline~[0-9a-z]{10}~0$/);
    const part = `${stage.dir}/${left}`;
    await expect.poll(() => readFileSync(part).length).toBeGreaterThan(4 * MiB);
    return { ...stage, part };
  }

  test("is gone on with where it stopped", async () => {
    using stage = await interrupted();
    await using target = stage.open();
    const [outcome] = await applyAll(target, await putAll(stage), stage.source, asAnybody);
    expect(inBrief(outcome!)).toBe("done");
    expect(outcome!.bytes).toBeLessThan(16 * MiB);
    expect(target.traffic().sent).toBeLessThan(16.5 * MiB);
    expect(readdirSync(stage.dir)).toEqual(["large"]);
    expect(readFileSync(`${stage.dir}/large`, "latin1")).toBe(content);
    // And nobody minds that it is no leftover any more.
    const gone = { type: "remove-leftover", path: path(stage.part.slice(stage.dir.length + 1)) };
    const action = { ...gone, isDirectory: false } as Action;
    expect((await applyAll(target, [action], stage.source)).map(inBrief)).toEqual(["done"]);
  });

  test("is begun anew, another time, where what was left is something else", async () => {
    using stage = await interrupted();
    writeFileSync(stage.part, "x".repeat(9 * MiB));
    await using target = stage.open();
    const actions = await putAll(stage);
    const said = async (): Promise<string[]> =>
      (await applyAll(target, actions, stage.source, asAnybody)).map(inBrief);
    expect(await said()).toEqual(["target: changed"]);
    expect(readdirSync(stage.dir)).toEqual([]);
    expect(await said()).toEqual(["done"]);
    expect(readFileSync(`${stage.dir}/large`, "latin1")).toBe(content);
  });

  test.each([
    ["others can write to it", (part: string) => chmodSync(part, 0o666)],
    ["it is longer than the file", (part: string) => writeFileSync(part, "x".repeat(21 * MiB))],
  ])("is begun anew at once where %s", async (_what, meanwhile) => {
    using stage = await interrupted();
    meanwhile(stage.part);
    await using target = stage.open();
    const outcomes = await applyAll(target, await putAll(stage), stage.source, asAnybody);
    expect(outcomes.map((outcome) => [inBrief(outcome), outcome.bytes])).toEqual([
      ["done", 20 * MiB],
    ]);
    expect(readdirSync(stage.dir)).toEqual(["large"]);
    expect(readFileSync(`${stage.dir}/large`, "latin1")).toBe(content);
  });
});

describe("many files whose way is cut", () => {
  const files = Object.fromEntries(
    Array.from({ length: 900 }, (_, n) => [`f${n}`, `${n} `.repeat(300)]),
  );

  test("are whole or not there, and the same endpoint goes on with another connection", async () => {
    using stage = stageOf(files);
    await using target = stage.open(400_000);
    await target.root();
    const actions = await putAll(stage);
    const done: string[] = [];
    const applying = (async () => {
      const preserve = { ...target.capabilities.keeps, ...asAnybody.preserve };
      const options = { preserve, followLinks: false };
      const { signal } = new AbortController();
      for await (const outcomes of target.apply(actions, false, stage.source, options, signal))
        done.push(...outcomes.map(({ action }) => action.path));
    })();
    await lost(applying);
    const there = (): string[] =>
      readdirSync(stage.dir).filter((name) => files[name] !== undefined);
    const whole = there();
    expect(whole.length).toBeGreaterThan(50);
    expect(whole.length).toBeLessThan(900);
    // What was said to be done, is done.
    expect(whole).toEqual(expect.arrayContaining(done));
    for (const name of whole)
      expect(readFileSync(`${stage.dir}/${name}`, "latin1")).toBe(files[name]);

    const found = new Set((await rowsOf(target)).map(([at]) => at));
    const rest = actions.filter(({ path }) => !found.has(path));
    const outcomes = await applyAll(target, rest, stage.source, {
      ...asAnybody,
      ordered: false,
    });
    expect(outcomes.map(inBrief)).toEqual(rest.map(() => "done"));
    expect(there().length).toBe(900);
    expect(target.traffic().sent).toBeGreaterThan(900 * 900);
  });
});

describe("a connection that is lost now and again", () => {
  const files: Record<string, string> = {};
  for (let n = 0; n < 900; n++) files[`d${n % 9}/f${n}`] = `${n} `.repeat(300);
  const names = Object.keys(files).sort();

  /** Everything of the source, in the phases of a plan. */
  async function phasesOf({ source }: Stage): Promise<readonly [Action[], boolean][]> {
    const directories: Action[] = [];
    const puts: Action[] = [];
    const finishing: Action[] = [];
    for (const [at, entry] of await rowsOf(source)) {
      const common = { path: at, expected: undefined } as const;
      if (entry.kind === "file") puts.push({ type: "put-file", ...common, entry });
      if (entry.kind !== "directory" || at === "") continue;
      directories.push({ type: "make-directory", ...common, entry });
      const finish = { ...common, entry, aspects: [], shown: false };
      finishing.unshift({ type: "finish-directory", ...finish });
    }
    return [
      [directories, true],
      [puts, false],
      [finishing, true],
    ];
  }

  test("is made again, and what was under way goes on", async () => {
    using stage = stageOf(files);
    await using target = stage.openPatient(1500, 200_000, 150_000, 300_000, 90_000);
    for (const [actions, ordered] of await phasesOf(stage)) {
      const outcomes = await applyAll(target, actions, stage.source, { ...asAnybody, ordered });
      expect(outcomes.map(inBrief)).toEqual(actions.map(() => "done"));
    }
    expect(stage.notices.length).toBe(5);
    expect(stage.notices[0]).toMatch(/^host: .*; trying again \(1 of 2\)$/);
    const there = readdirSync(stage.dir, { recursive: true, encoding: "utf8" }).sort();
    expect(there.filter((name) => files[name] !== undefined)).toEqual(names);
    expect(there.filter((name) => name.includes(".syncline~"))).toEqual([]);
    for (const name of names)
      expect(readFileSync(`${stage.dir}/${name}`, "latin1")).toBe(files[name]);
  });

  test("does not keep a tree from being listed and read whole", async () => {
    using stage = stageOf({});
    for (const name of names) {
      mkdirSync(`${stage.dir}/${name.slice(0, 2)}`, { recursive: true });
      writeFileSync(`${stage.dir}/${name}`, files[name]!);
      utimesSync(`${stage.dir}/${name}`, 1.6e9, 1.6e9);
    }
    await using target = stage.openPatient(700, 1000, 9000, 20_000);
    const rows = await rowsOf(target);
    expect(
      rows
        .map(([at]) => at)
        .filter((at) => files[at] !== undefined)
        .sort(),
    ).toEqual(names);
    const world = newWorld({ capabilities: { keeps: target.capabilities.keeps } });
    const copy = openMemory(world, "/");
    for (const name of names) plant(world, path(name.slice(0, 2)), { kind: "directory" });
    const actions = rows.flatMap(([at, entry]): Action[] =>
      entry.kind === "file" ? [{ type: "put-file", path: at, expected: undefined, entry }] : [],
    );
    const outcomes = await applyAll(copy, actions, target, { ...asAnybody, ordered: false });
    expect(outcomes.map(inBrief)).toEqual(actions.map(() => "done"));
    expect(stage.notices.length).toBe(4);
    const facts = new Map(seeMemory(world, "").map((fact) => [fact.path, fact.what]));
    for (const name of names) expect(facts.get(name)).toBe(files[name]);
  });

  test("does not cost what has arrived of a large file", async () => {
    using stage = stageOf({ large: content });
    await using target = stage.openPatient(9 * MiB, 4 * MiB, 3 * MiB);
    const outcomes = await applyAll(target, await putAll(stage), stage.source, asAnybody);
    expect(outcomes.map(inBrief)).toEqual(["done"]);
    expect(readdirSync(stage.dir)).toEqual(["large"]);
    expect(readFileSync(`${stage.dir}/large`, "latin1")).toBe(content);
    expect(stage.notices.length).toBe(3);
    // What was under way when a line was cut goes once more.
    expect(target.traffic().sent).toBeLessThan(40 * MiB);
  });

  test("may as well be the source's", async () => {
    for (const size of [2 * MiB, 12 * MiB]) {
      using stage = stageOf({ large: content.slice(0, size) });
      await using target = stage.open();
      let times = 0;
      const source: Endpoint = {
        ...stage.source,
        async *readFiles(...args) {
          let left = times++ < 2 ? 1 : Infinity;
          for await (const pack of stage.source.readFiles(...args)) {
            yield left-- > 0 ? pack : await cutPack();
            if (left < 0) return;
          }
        },
      };
      const outcomes = await applyAll(target, await putAll(stage), source, asAnybody);
      expect([times, ...outcomes.map(inBrief)]).toEqual([3, "done"]);
      expect(readdirSync(stage.dir)).toEqual(["large"]);
      expect(readFileSync(`${stage.dir}/large`, "latin1")).toBe(content.slice(0, size));
    }
  });

  test("is given up where it does not come to anything", async () => {
    using stage = stageOf(Object.fromEntries(names.map((name) => [name.slice(3), "x"])));
    await using target = stage.openPatient(5000, 300, 300, 300);
    await target.root();
    await lost(applyAll(target, await putAll(stage), stage.source, asAnybody));
    expect(stage.notices.map((notice) => /\((.*)\)/.exec(notice)![1])).toEqual([
      "1 of 2",
      "2 of 2",
    ]);
  });
});

test("an endpoint that was let go answers nothing", async () => {
  using stage = stageOf({ f: "x" });
  const target = stage.open();
  expect((await target.root()).kind).toBe("directory");
  await target[Symbol.asyncDispose]();
  await lost(target.root());
  await lost(fileAt(target, "f"));
});
