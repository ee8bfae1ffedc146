import {
  chmodSync,
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { setTimeout } from "node:timers/promises";
import * as fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";

import {
  allChunks,
  applyAll,
  entryAt,
  fileAt,
  inBrief,
  knownAt,
  never,
  path,
  rowsOf,
} from "../../../test/contract/endpoint-place.ts";
import { newDirectory } from "../../../test/model/disk.ts";
import { noise } from "../../../test/support/noise.ts";
import type { FileEntry } from "../../core/entry.ts";
import type { Action } from "../../core/plan.ts";
import { newHasher } from "../../fs/hasher.ts";
import { isTempName } from "../../fs/temp-names.ts";
import type { Name, RelPath } from "../../core/path.ts";
import { PackWriter } from "../../wire/pack-writer.ts";
import type { Endpoint, WantedFile } from "../endpoint.ts";
import type { LocalHost } from "./host.ts";
import { openLocalHost } from "./host.ts";
import { openLocal } from "./local-endpoint.ts";

const MiB = 2 ** 20;
const early = new Date(1_500_000_000_000);

/** A source that can only be asked, and what it was asked and has sent. */
interface Apart {
  readonly endpoint: Endpoint;
  readonly wanted: WantedFile[];
  sent: number;
  /** Looks at each pack on its way, by its number. */
  onPack: (pack: Uint8Array, number: number) => void;
}

interface Scene extends Disposable {
  readonly root: string;
  readonly source: Apart;
  readonly target: Endpoint;
  /** Writes a file of the past. */
  write(at: string, content: Uint8Array): void;
  /** Puts files in place that are at both sides, or at the source alone. */
  put(...names: string[]): Promise<string[]>;
  /** What is left in the target under temporary names. */
  leftovers(): string[];
  isEqual(name: string): boolean;
}

function openScene(host: LocalHost): Scene {
  const dir = newDirectory();
  const root = dir.path;
  for (const side of ["source", "target"]) mkdirSync(`${root}/${side}`);
  const target = openLocal(`${root}/target`, host);
  const source = setApart(openLocal(`${root}/source`, host));
  return {
    root,
    source,
    target,
    write(at, content) {
      writeFileSync(`${root}/${at}`, content);
      utimesSync(`${root}/${at}`, early, early);
    },
    async put(...names) {
      const actions = await Promise.all(
        names.map(async (name): Promise<Action> => {
          const isThere = existsSync(`${root}/target/${name}`);
          const expected = isThere ? await entryAt(target, name) : undefined;
          const entry = await fileAt(source.endpoint, name);
          return { type: "put-file", path: path(name), expected, entry };
        }),
      );
      const outcomes = await applyAll(target, actions, source.endpoint, { ordered: false });
      return outcomes.map(inBrief);
    },
    leftovers: () => readdirSync(`${root}/target`).filter((name) => isTempName(name as Name)),
    isEqual: (name) =>
      readFileSync(`${root}/source/${name}`).equals(readFileSync(`${root}/target/${name}`)),
    [Symbol.dispose]: () => dir[Symbol.dispose](),
  };
}

function setApart(local: Endpoint): Apart {
  const apart: Apart = {
    endpoint: {
      ...local,
      async *readFiles(files, options, signal) {
        apart.wanted.push(...files);
        let number = 0;
        for await (const pack of local.readFiles(files, options, signal)) {
          apart.onPack(pack, number++);
          apart.sent += pack.length;
          yield pack;
        }
      },
    },
    wanted: [],
    sent: 0,
    onPack: () => {},
  };
  Reflect.deleteProperty(apart.endpoint, "hostRoot");
  return apart;
}

function splice(content: Uint8Array, at: number, gone: number, come: Uint8Array): Buffer {
  return Buffer.concat([content.subarray(0, at), come, content.subarray(at + gone)]);
}

function describeDelta(host: LocalHost): void {
  test("of a file that has changed in places, little more than those is sent", async () => {
    using scene = openScene(host);
    const old = noise(8 * MiB, 1);
    const edited = splice(splice(old, 5 * MiB, 10, noise(10, 2)), MiB, 0, noise(77, 3));
    scene.write("target/f", old);
    scene.write("source/f", edited);
    expect(await scene.put("f")).toEqual(["done"]);
    expect(scene.isEqual("f")).toBe(true);
    expect(scene.source.sent).toBeLessThan(MiB);
    expect(scene.leftovers()).toEqual([]);
  });

  test("of a file with another time only, next to nothing is sent", async () => {
    using scene = openScene(host);
    scene.write("target/f", noise(40 * MiB, 1));
    writeFileSync(`${scene.root}/source/f`, noise(40 * MiB, 1));
    expect(await scene.put("f")).toEqual(["done"]);
    expect(scene.isEqual("f")).toBe(true);
    expect(scene.source.sent).toBeLessThan(1000);
  });

  test("many files in one pack, with old ones and without", async () => {
    using scene = openScene(host);
    const names = Array.from({ length: 30 }, (_, i) => `f${String(i).padStart(2, "0")}`);
    for (const [i, name] of names.entries()) {
      const old = noise(40_000 * i, i);
      if (i % 3 !== 0) scene.write(`target/${name}`, old);
      scene.write(`source/${name}`, splice(old, 20_000 * i, i % 2, noise(i, 99)));
    }
    expect(await scene.put(...names)).toEqual(names.map(() => "done"));
    expect(names.filter((name) => !scene.isEqual(name))).toEqual([]);
    const withBasis = scene.source.wanted.filter(({ basis }) => basis !== undefined);
    expect(withBasis.map(({ path }) => path)).toEqual(
      names.filter((_, i) => i % 3 !== 0 && i * 40_000 >= 128 * 1024),
    );
  });

  test("any content can follow any other", async () => {
    const part = fc.record({
      length: fc.integer({ min: 0, max: 600_000 }),
      seed: fc.integer({ min: 0, max: 5 }),
    });
    const content = fc
      .array(part, { maxLength: 6 })
      .map((parts) =>
        Buffer.concat(
          parts.map(({ length, seed }) =>
            seed === 0 ? Buffer.alloc(length) : noise(length, seed),
          ),
        ),
      );
    await fc.assert(
      fc.asyncProperty(content, content, async (old, now) => {
        using scene = openScene(host);
        scene.write("target/f", old);
        scene.write("source/f", now);
        expect(await scene.put("f")).toEqual(["done"]);
        expect(scene.isEqual("f")).toBe(true);
        expect(scene.leftovers()).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });

  test("holes are neither sent nor filled", async () => {
    using scene = openScene(host);
    for (const [side, at] of [
      ["target", 3 * MiB],
      ["source", 9 * MiB],
    ] as const) {
      const fd = openSync(`${scene.root}/${side}/f`, "w");
      ftruncateSync(fd, 32 * MiB);
      writeSync(fd, noise(300_000, 5), 0, 300_000, at);
      closeSync(fd);
    }
    expect(await scene.put("f")).toEqual(["done"]);
    expect(scene.isEqual("f")).toBe(true);
    if (host.driver.features.holes) {
      expect(scene.source.sent).toBeLessThan(700_000);
      expect(statSync(`${scene.root}/target/f`).blocks * 512).toBeLessThan(2 * MiB);
    }
  });

  test("what the target turns out not to have is sent after all, once", async () => {
    using scene = openScene(host);
    const old = noise(4 * MiB, 1);
    scene.write("target/f", old);
    scene.write("source/f", splice(old, 2 * MiB, 9, noise(9, 2)));
    scene.write("source/g", noise(300_000, 7));
    // Somebody writes into the old file, which keeps its size and its time.
    scene.source.onPack = (_pack, number) => {
      if (number === 0) scene.write("target/f", splice(old, 3 * MiB, 1000, noise(1000, 6)));
    };
    expect(await scene.put("f", "g")).toEqual(["done", "done"]);
    expect([scene.isEqual("f"), scene.isEqual("g")]).toEqual([true, true]);
    const asked = scene.source.wanted.map(({ path, basis }) => [path, basis !== undefined]);
    expect(asked).toEqual([
      ["f", true],
      ["g", false],
      ["f", false],
    ]);
    expect(scene.leftovers()).toEqual([]);
  });

  test("an old file that cannot be read any more is none, and nothing else is worse for it", async () => {
    using scene = openScene(host);
    scene.write("target/f", noise(MiB, 1));
    scene.write("source/f", noise(MiB, 2));
    const action: Action = {
      type: "put-file",
      path: path("f"),
      expected: await fileAt(scene.target, "f"),
      entry: await fileAt(scene.source.endpoint, "f"),
    };
    scene.write("target/f", noise(MiB + 1, 3));
    const [outcome] = await applyAll(scene.target, [action], scene.source.endpoint);
    expect(inBrief(outcome!)).toBe("target: changed");
    expect(scene.source.wanted.map(({ basis }) => basis)).toEqual([undefined]);
  });

  test("a source that names chunks which nobody has told it of is believed nothing", async () => {
    using scene = openScene(host);
    const content = noise(MiB, 1);
    for (const side of ["target", "source"]) scene.write(`${side}/f`, content);
    for (const [first, count] of [
      [0, 1000],
      [500, 1],
      [0xffff_ffff, 0xffff_ffff],
    ] as const) {
      const lying = lyingSource(scene.source.endpoint, first, count);
      const action: Action = {
        type: "put-file",
        path: path("f"),
        expected: await fileAt(scene.target, "f"),
        entry: await fileAt(scene.source.endpoint, "f"),
      };
      const [outcome] = await applyAll(scene.target, [action], await lying);
      expect(inBrief(outcome!)).toBe("source: changed");
      expect(readFileSync(`${scene.root}/target/f`).equals(content)).toBe(true);
      expect(scene.leftovers()).toEqual([]);
    }
  });

  describe("what the target's files consist of", () => {
    const actionOf = async (scene: Scene): Promise<Action> => ({
      type: "put-file",
      path: path("f"),
      expected: await fileAt(scene.target, "f"),
      entry: await fileAt(scene.source.endpoint, "f"),
    });
    const old = noise(6 * MiB, 1);
    const edited = splice(old, 4 * MiB, 0, noise(50, 2));

    test("is told of what was put in place, for whoever remembers such things", async () => {
      using scene = openScene(host);
      scene.write("target/f", old);
      scene.write("source/f", edited);
      const action = await actionOf(scene);
      const { endpoint } = scene.source;
      const [outcome] = await applyAll(scene.target, [action], endpoint, { known: new Map() });
      const { facts, list } = await knownAt(scene.target, "f");
      expect(outcome!.chunks!.list).toEqual(list);
      expect(facts).toMatchObject(outcome!.chunks!.facts);
    });

    test("is told of holes, too", async () => {
      using scene = openScene(host);
      for (const side of ["source", "target"]) {
        const fd = openSync(`${scene.root}/${side}/f`, "w");
        ftruncateSync(fd, 8 * MiB);
        writeSync(fd, noise(300_000, side.length), 0, 300_000, 5 * MiB);
        closeSync(fd);
      }
      const { endpoint } = scene.source;
      const action = await actionOf(scene);
      const [outcome] = await applyAll(scene.target, [action], endpoint, { known: new Map() });
      expect(outcome!.chunks!.list).toEqual((await knownAt(scene.target, "f")).list);
    });

    test("is not asked for, nor told of, where it is known, or nobody remembers it", async () => {
      using scene = openScene(host);
      scene.write("target/f", old);
      scene.write("source/f", edited);
      const action = await actionOf(scene);
      const file = await knownAt(scene.target, "f");
      const known = new Map([[path("f"), [file]]]);
      const [outcome] = await applyAll(scene.target, [action], scene.source.endpoint, { known });
      expect(inBrief(outcome!)).toBe("done");
      expect(scene.isEqual("f")).toBe(true);
      // The very list: nothing was read to make another one.
      expect(scene.source.wanted[0]!.basis![0]).toBe(file.list);
      scene.write("source/f", old);
      const again = await applyAll(scene.target, [await actionOf(scene)], scene.source.endpoint);
      expect(again[0]!.chunks).toBeUndefined();
    });

    test("may be remembered wrongly, and costs the whole file then", async () => {
      using scene = openScene(host);
      scene.write("target/f", old);
      scene.write("source/f", edited);
      scene.write("target/other", edited);
      const action = await actionOf(scene);
      const { list } = await knownAt(scene.target, "other");
      const known = new Map([[path("f"), [{ ...(await knownAt(scene.target, "f")), list }]]]);
      const [outcome] = await applyAll(scene.target, [action], scene.source.endpoint, { known });
      expect(inBrief(outcome!)).toBe("done");
      expect(scene.isEqual("f")).toBe(true);
      expect(scene.source.wanted.map(({ basis }) => basis!.length)).toEqual([1, 0]);
    });
  });

  describe("other files of the target that are known to have some of it", () => {
    const old = noise(6 * MiB, 1);
    const grown = Buffer.concat([old, noise(300_000, 2)]);

    /** Puts files by these names, each with what the others (`serving`) have, as it was when this began. */
    const putWith = async (
      scene: Scene,
      names: readonly string[],
      serving: readonly string[],
      meanwhile: () => void = () => {},
    ): Promise<string[]> => {
      const files = await Promise.all(serving.map((name) => knownAt(scene.target, name)));
      const actions = await Promise.all(
        names.map(async (name): Promise<Action> => {
          const isThere = existsSync(`${scene.root}/target/${name}`);
          const expected = isThere ? await entryAt(scene.target, name) : undefined;
          const entry = await fileAt(scene.source.endpoint, name);
          return { type: "put-file", path: path(name), expected, entry };
        }),
      );
      meanwhile();
      const known = new Map(names.map((name) => [path(name), files]));
      const options = { ordered: false, known } as const;
      const outcomes = await applyAll(scene.target, actions, scene.source.endpoint, options);
      expect(names.filter((name) => !scene.isEqual(name))).toEqual([]);
      expect(scene.leftovers()).toEqual([]);
      return outcomes.map(inBrief);
    };
    const pieces = ({ source: { wanted } }: Scene): unknown =>
      wanted.map(({ path, basis }) => [path, basis?.length]);

    test("give it what they have, wherever they are", async () => {
      using scene = openScene(host);
      for (const dir of ["a", "b"]) mkdirSync(`${scene.root}/target/${dir}`);
      scene.write("target/a/one", old);
      scene.write("target/b/two", noise(3 * MiB, 4));
      scene.write("source/f", Buffer.concat([noise(10, 3), noise(3 * MiB, 4), old]));
      expect(await putWith(scene, ["f"], ["a/one", "b/two"])).toEqual(["done"]);
      expect(scene.source.sent).toBeLessThan(MiB);
      expect(pieces(scene)).toEqual([["f", 2]]);
    });

    test("may be replaced by the same actions, and by one another", async () => {
      using scene = openScene(host);
      // A ring: whatever comes first takes away what another one needs.
      const contents = [old, noise(6 * MiB, 5), noise(6 * MiB, 6)];
      for (const [i, content] of contents.entries()) {
        scene.write(`target/f${i}`, content);
        const next = contents[(i + 1) % contents.length]!;
        scene.write(`source/f${i}`, splice(next, 3 * MiB, 0, noise(50, i)));
      }
      const names = ["f0", "f1", "f2"];
      expect(await putWith(scene, names, names)).toEqual(["done", "done", "done"]);
      expect(scene.source.sent).toBeLessThan(MiB);
      expect(pieces(scene)).toEqual(names.map((name) => [name, 3]));
    });

    test("may be replaced by what needs no content, and before that", async () => {
      using scene = openScene(host);
      scene.write("target/f", old);
      scene.write("target/g", noise(MiB, 5));
      scene.write("source/new", grown);
      const action: Action = {
        type: "put-file",
        path: path("new"),
        expected: undefined,
        entry: await fileAt(scene.source.endpoint, "new"),
      };
      const original = await fileAt(scene.target, "g");
      const copy: Action = {
        type: "copy-file",
        path: path("f"),
        from: path("g"),
        expected: await entryAt(scene.target, "f"),
        entry: original,
        original,
      };
      const known = new Map([[path("new"), [await knownAt(scene.target, "f")]]]);
      const outcomes = await applyAll(scene.target, [copy, action], scene.source.endpoint, {
        known,
        ordered: false,
      });
      expect(outcomes.map(inBrief)).toEqual(["done", "done"]);
      expect(scene.isEqual("new")).toBe(true);
      expect(statSync(`${scene.root}/target/f`).size).toBe(MiB);
      expect(scene.source.sent).toBeLessThan(MiB);
    });

    test.each<[string, (scene: Scene) => void]>([
      ["has another time", (scene) => writeFileSync(`${scene.root}/target/g`, old)],
      [
        "was written to and got its time back",
        (scene) => scene.write("target/g", splice(old, MiB, 50, noise(50, 8))),
      ],
      [
        "is another file",
        (scene) => {
          unlinkSync(`${scene.root}/target/g`);
          scene.write("target/g", old);
        },
      ],
      ["is gone", (scene) => unlinkSync(`${scene.root}/target/g`)],
      [
        "is a directory",
        (scene) => {
          unlinkSync(`${scene.root}/target/g`);
          mkdirSync(`${scene.root}/target/g`);
        },
      ],
      [
        "is a link",
        (scene) => {
          scene.write("target/h", old);
          unlinkSync(`${scene.root}/target/g`);
          symlinkSync("h", `${scene.root}/target/g`);
        },
      ],
    ])("are not asked with where one %s", async (_what, meanwhile) => {
      using scene = openScene(host);
      scene.write("target/g", old);
      scene.write("source/f", grown);
      // Older kernels tick that slowly, and within one tick nothing can be told.
      await setTimeout(20);
      expect(await putWith(scene, ["f"], ["g"], () => meanwhile(scene))).toEqual(["done"]);
      expect(pieces(scene)).toEqual([["f", 0]]);
    });

    test("may have been touched by somebody who knows that they are the same", async () => {
      using scene = openScene(host);
      scene.write("target/g", old);
      scene.write("source/f", grown);
      const file = await knownAt(scene.target, "g");
      chmodSync(`${scene.root}/target/g`, 0o600);
      const action: Action = {
        type: "put-file",
        path: path("f"),
        expected: undefined,
        entry: await fileAt(scene.source.endpoint, "f"),
      };
      const facts = { ...file.facts, ctimeSec: 0, ctimeNs: 0 };
      const known = new Map([[path("f"), [{ ...file, facts }]]]);
      await applyAll(scene.target, [action], scene.source.endpoint, { known });
      expect(scene.source.sent).toBeLessThan(MiB);
    });

    test.each<[string, (scene: Scene) => void]>([
      ["changed", (scene) => writeFileSync(`${scene.root}/target/g`, noise(6 * MiB, 9))],
      ["cut short", (scene) => truncateSync(`${scene.root}/target/g`, MiB)],
      ["removed", (scene) => rmSync(`${scene.root}/target/g`, { force: true })],
    ])("cost the whole file where one is %s while it comes", async (_what, meanwhile) => {
      using scene = openScene(host);
      scene.write("target/g", old);
      scene.write("source/f", grown);
      scene.source.onPack = (_pack, number) => {
        if (number === 0) meanwhile(scene);
      };
      expect(await putWith(scene, ["f"], ["g"])).toEqual(["done"]);
      expect(pieces(scene)).toEqual([
        ["f", 1],
        ["f", 0],
      ]);
      expect(scene.source.sent).toBeLessThan(8 * MiB);
    });

    test("are of no account where nothing of them is needed, and do no harm", async () => {
      using scene = openScene(host);
      scene.write("target/g", old);
      scene.write("source/f", noise(2 * MiB, 7));
      scene.source.onPack = (_pack, number) => {
        if (number === 0) unlinkSync(`${scene.root}/target/g`);
      };
      expect(await putWith(scene, ["f"], ["g"])).toEqual(["done"]);
      expect(pieces(scene)).toEqual([["f", 1]]);
    });

    test("may be very many, of which some are held open until all are done", async () => {
      using scene = openScene(host);
      const names = Array.from({ length: 300 }, (_, i) => path(`f${String(i).padStart(3, "0")}`));
      // Each is made of the next one, as it was before.
      for (const [i, name] of names.entries()) {
        scene.write(`target/${name}`, noise(140_000, i + 1));
        scene.write(`source/${name}`, noise(140_000, i + 2));
      }
      const olds = new Map(await rowsOf(scene.target)) as Map<RelPath, FileEntry>;
      const news = new Map(await rowsOf(scene.source.endpoint)) as Map<RelPath, FileEntry>;
      const requests = names.map((name) => ({ path: name, entry: olds.get(name)! }));
      const lists = await scene.target.chunks(requests, allChunks, never);
      const files = requests.map(({ path, entry: facts }, i) => ({ path, facts, list: lists[i]! }));
      const actions = names.map((name): Action => {
        return { type: "put-file", path: name, expected: olds.get(name)!, entry: news.get(name)! };
      });
      const known = new Map(names.slice(1).map((_, i) => [names[i]!, [files[i + 1]!]]));
      const options = { ordered: false, known } as const;
      // From the last to the first, so that each is replaced before it is needed.
      const backwards = actions.toReversed();
      const outcomes = await applyAll(scene.target, backwards, scene.source.endpoint, options);
      expect(new Set(outcomes.map(inBrief))).toEqual(new Set(["done"]));
      expect(names.filter((name) => !scene.isEqual(name))).toEqual([]);
      expect(scene.source.sent).toBeLessThan(60 * 140_000);
    });
  });

  test("a sparse file of which it shall be known what it consists of keeps its holes", async () => {
    using scene = openScene(host);
    const fd = openSync(`${scene.root}/source/f`, "w");
    ftruncateSync(fd, 8 * MiB + 4096);
    for (let at = 0; at < 8 * MiB; at += MiB) writeSync(fd, noise(40_000, at), 0, 40_000, at + 999);
    closeSync(fd);
    const action: Action = {
      type: "put-file",
      path: path("f"),
      expected: undefined,
      entry: await fileAt(scene.source.endpoint, "f"),
    };
    const [outcome] = await applyAll(scene.target, [action], scene.source.endpoint, {
      known: new Map(),
    });
    expect(scene.isEqual("f")).toBe(true);
    expect(outcome!.chunks!.list).toEqual((await knownAt(scene.target, "f")).list);
    const [there, here] = ["source", "target"].map((side) => statSync(`${scene.root}/${side}/f`));
    expect(here!.blocks).toBeLessThanOrEqual(there!.blocks);
  });

  describe("a large file that is cut short on its way", () => {
    const content = noise(12 * MiB, 4);
    const cut = (scene: Scene, at: number): void => {
      scene.source.onPack = (_pack, number) => {
        if (number === at) throw new Error("the line is dead");
      };
    };

    test("goes on where it stopped, and leaves nothing", async () => {
      using scene = openScene(host);
      scene.write("source/f", content);
      cut(scene, 6);
      await expect(scene.put("f")).rejects.toThrow("the line is dead");
      const [part, ...others] = scene.leftovers();
      expect(others).toEqual([]);
      expect((await rowsOf(scene.target)).map(([at, { kind }]) => [at, kind])).toEqual([
        ["", "directory"],
        [part, "leftover"],
      ]);
      Object.assign(scene.source, { sent: 0, onPack: () => {} });
      const leftover = { type: "remove-leftover", path: path(part!), isDirectory: false } as const;
      expect(await scene.put("f")).toEqual(["done"]);
      expect(scene.isEqual("f")).toBe(true);
      expect(scene.source.sent).toBeLessThan(7 * MiB);
      expect(scene.leftovers()).toEqual([]);
      // The plan that was made when it was still there says so.
      expect((await applyAll(scene.target, [leftover], scene.target)).map(inBrief)).toEqual([
        "done",
      ]);
    });

    test("may be cut again and again, and each time has less to go", async () => {
      using scene = openScene(host);
      scene.write("source/f", content);
      const sent: number[] = [];
      for (;;) {
        scene.source.sent = 0;
        cut(scene, 4);
        const outcome = await scene.put("f").catch(() => undefined);
        sent.push(scene.source.sent);
        if (outcome !== undefined) break;
        expect(scene.leftovers().length).toBe(1);
      }
      expect(scene.isEqual("f")).toBe(true);
      expect(scene.leftovers()).toEqual([]);
      expect(sent.length).toBeLessThan(8);
      expect(sent.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(14 * MiB);
    });

    test("has an old file beside it, too", async () => {
      using scene = openScene(host);
      scene.write("target/f", content.subarray(6 * MiB));
      scene.write("source/f", content);
      cut(scene, 3);
      await expect(scene.put("f")).rejects.toThrow("the line is dead");
      Object.assign(scene.source, { sent: 0, onPack: () => {} });
      expect(await scene.put("f")).toEqual(["done"]);
      expect(scene.source.sent).toBeLessThan(4 * MiB);
      expect(scene.isEqual("f")).toBe(true);
      expect(scene.leftovers()).toEqual([]);
    });

    test("leaves nothing when nothing of it has come", async () => {
      using scene = openScene(host);
      scene.write("source/f", content);
      cut(scene, 0);
      await expect(scene.put("f")).rejects.toThrow("the line is dead");
      expect(scene.leftovers()).toEqual([]);
    });
  });
}

/** A source that sends one pack: the only file begins, and consists of those chunks. */
async function lyingSource(source: Endpoint, first: number, count: number): Promise<Endpoint> {
  const hasher = await newHasher("blake3");
  const hash = (bytes: Uint8Array): Uint8Array => {
    hasher.begin();
    hasher.update(bytes);
    return hasher.digest();
  };
  return {
    ...source,
    async *readFiles() {
      const writer = new PackWriter();
      writer.begin(1000, 0, false);
      writer.begins(0, undefined);
      writer.chunks(first, count);
      writer.ends(MiB, new Uint8Array(32));
      yield writer.seal(
        false,
        (records) => hash(records).subarray(0, 16),
        () => undefined,
      );
    },
  };
}

describe.each(["libc", "portable"] as const)("a delta with the %s driver", async (name) => {
  const host = await openLocalHost(name);
  afterAll(() => host[Symbol.asyncDispose]());
  describeDelta(host);
});
