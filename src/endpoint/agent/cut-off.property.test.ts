/** A line that breaks at any byte, any way, and what is done over it: all of it, once, and as if it had never broken. */
import * as fc from "fast-check";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";

import {
  applyAll,
  everything,
  inBrief,
  never,
  path,
  plainRequest,
  rowsOf,
} from "../../../test/contract/endpoint-place.ts";
import { newDirectory, seeDisk } from "../../../test/model/disk.ts";
import type { CuttingPair, PlannedCut } from "../../../test/support/cutting-pair.ts";
import { openCuttingPair } from "../../../test/support/cutting-pair.ts";
import { noise } from "../../../test/support/noise.ts";
import type { RelPath } from "../../core/path.ts";
import { isRealEntry } from "../../core/entry.ts";
import type { FileEntry } from "../../core/entry.ts";
import type { Action } from "../../core/plan.ts";
import type { Outcome } from "../endpoint.ts";
import type { LocalHost } from "../local/host.ts";
import { openLocalHost } from "../local/host.ts";
import { openLocal } from "../local/local-endpoint.ts";

const near = await openLocalHost(undefined);
afterAll(() => near[Symbol.asyncDispose]());
const openHost = async (): Promise<LocalHost> => ({
  ...near,
  // Threads are dear, and shared; the host goes with the tests.
  [Symbol.asyncDispose]: async () => {},
});

/** A tree of small files, and of a few that take several packs, whose content does not compress. */
function plant(root: string): void {
  for (let dir = 0; dir < 12; dir++) {
    mkdirSync(`${root}/d${dir}`, { recursive: true });
    for (let file = 0; file < 50; file++)
      writeFileSync(`${root}/d${dir}/f${file}`, noise(40 * file, dir * 50 + file + 1));
  }
  for (let file = 0; file < 4; file++)
    writeFileSync(`${root}/large${file}`, noise((2 << 20) + file, 1000 + file));
}

/** A cut by how far into an undisturbed run it comes: thousandths of what came to that end then. */
interface RelativeCut {
  readonly to: PlannedCut["to"];
  readonly at: number;
  readonly how: PlannedCut["how"];
}

const cuts = (...hows: PlannedCut["how"][]): fc.Arbitrary<RelativeCut[]> =>
  fc.array(
    fc.record({
      to: fc.constantFrom("client" as const, "server" as const),
      at: fc.integer({ min: 0, max: 1100 }),
      how: fc.constantFrom(...hows),
    }),
    { minLength: 1, maxLength: 3 },
  );

interface Work<T> {
  /** Does something with the far place, and says what has come of it. */
  (far: FarPlace): Promise<T>;
}

interface FarPlace extends AsyncDisposable {
  readonly pair: CuttingPair;
  readonly root: string;
  /** A directory on this side of the line. */
  readonly here: string;
}

async function openPlace(timeout?: number): Promise<FarPlace> {
  const dir = newDirectory();
  const [root, here] = [`${dir.path}/far`, `${dir.path}/here`];
  mkdirSync(root);
  mkdirSync(here);
  const pair = openCuttingPair({ openHost, retries: 5, ...(timeout !== undefined && { timeout }) });
  return {
    pair,
    root,
    here,
    async [Symbol.asyncDispose]() {
      await pair[Symbol.asyncDispose]();
      dir[Symbol.dispose]();
    },
  };
}

/** Bytes that may be lost with a connection: what was under way, and what makes another one. */
const lostOfAnswers = 64 << 10;
/** The same where content crosses: packs that lay there and were not taken up, and a part that was too small to be kept. */
const lostOfContent = 4 << 20;

/** Proves that work comes to the same over a line that breaks, and that next to nothing crosses twice. */
async function provesSame<T>(
  prepare: (far: FarPlace) => void,
  work: Work<T>,
  planned: fc.Arbitrary<RelativeCut[]>,
  {
    numRuns,
    timeout,
    lost,
  }: { readonly numRuns: number; readonly timeout?: number; readonly lost: number },
): Promise<void> {
  await using undisturbed = await openPlace();
  prepare(undisturbed);
  const wanted = await work(undisturbed);
  const usual = undisturbed.pair.crossed();
  await fc.assert(
    fc.asyncProperty(planned, async (relative) => {
      await using far = await openPlace(timeout);
      prepare(far);
      far.pair.plan(
        relative.map(({ to, at, how }) => ({ to, how, bytes: Math.ceil((usual[to] * at) / 1000) })),
      );
      expect(await work(far)).toEqual(wanted);
      const { client, server } = far.pair.crossed();
      const most = usual.client + usual.server + relative.length * lost;
      expect(client + server).toBeLessThan(most);
    }),
    { numRuns },
  );
}

const scan: Work<unknown> = async ({ pair, root }) => {
  const rows = await rowsOf(pair.open(root));
  return rows.map(([path, found]) => [path, found.kind, isRealEntry(found) ? found.size : 0]);
};

/** Twice the same, but for a few files: rows that are like those at hand are not sent. */
const scanLike: Work<unknown> = async ({ pair, root, here }) => {
  plant(here);
  for (let file = 0; file < 50; file += 7) writeFileSync(`${here}/d5/f${file}`, "another");
  const chunks = openLocal(here, near).scan(plainRequest, never);
  const preserve = { ...everything, times: false, xattrs: false, acls: false };
  const like = { chunks, preserve, timeResolution: 1 };
  const rows = await rowsOf(pair.open(root), { like });
  return rows.map(([path, found]) => [path, found.kind, isRealEntry(found) ? found.size : 0]);
};

const hash: Work<unknown> = async ({ pair, root }) => {
  const source = openLocal(root, near);
  const files = await filesOf(source);
  const requests = files.map(({ path, entry }) => {
    const { size } = entry;
    return { path, entry, size, what: "full" as const };
  });
  const far = pair.open(root);
  const options = { algorithm: "blake3", side: "target", followLinks: false } as const;
  return far.hash(requests, options, never);
};

async function filesOf(
  endpoint: Parameters<typeof rowsOf>[0],
): Promise<{ readonly path: RelPath; readonly entry: FileEntry }[]> {
  const rows = await rowsOf(endpoint);
  return rows.flatMap(([path, entry]) => (entry.kind === "file" ? [{ path, entry }] : []));
}

/** All actions that a copy of a tree takes, directories apart. */
async function copyOf(
  source: Parameters<typeof rowsOf>[0],
): Promise<{ readonly directories: Action[]; readonly files: Action[] }> {
  const rows = await rowsOf(source);
  const directories = rows.flatMap(([path, entry]): Action[] =>
    entry.kind === "directory" && path !== ""
      ? [{ type: "make-directory", path, expected: undefined, entry }]
      : [],
  );
  const files = rows.flatMap(([path, entry]): Action[] =>
    entry.kind === "file" ? [{ type: "put-file", path, expected: undefined, entry }] : [],
  );
  return { directories, files };
}

/** What the outcomes say, and what there is then. */
function told(outcomes: readonly Outcome[], root: string): unknown {
  const said = outcomes.map((outcome) => `${outcome.action.path} ${inBrief(outcome)}`);
  const facts = seeDisk(root).map(({ path, kind, what, mode }) => [path, kind, what, mode]);
  return [said.toSorted(), facts];
}

const pull: Work<unknown> = async ({ pair, root, here }) => {
  const [source, target] = [pair.open(root), openLocal(here, near)];
  const { directories, files } = await copyOf(openLocal(root, near));
  const made = await applyAll(target, directories, source);
  const outcomes = await applyAll(target, files, source, { ordered: false });
  return told([...made, ...outcomes], here);
};

const push: Work<unknown> = async ({ pair, root, here }) => {
  const [source, target] = [openLocal(here, near), pair.open(root)];
  const { directories, files } = await copyOf(source);
  const made = await applyAll(target, directories, source);
  const outcomes = await applyAll(target, files, source, { ordered: false });
  // What else there is to do with a tree.
  const rows = new Map(await rowsOf(openLocal(root, near)));
  const fileOf = (at: string): FileEntry => rows.get(path(at)) as FileEntry;
  const moves = Array.from({ length: 49 }, (_, i): Action => ({
    type: "move",
    path: path(`d0/g${i}`),
    from: path(`d0/f${i}`),
    expected: undefined,
    entry: fileOf(`d0/f${i}`),
    carries: { entries: 1, bytes: 0 },
  }));
  const exchange: Action = {
    type: "exchange",
    path: path("d1/f1"),
    from: path("d1/f2"),
    expected: fileOf("d1/f1"),
    entry: fileOf("d1/f2"),
    carries: { entries: 2, bytes: 0 },
  };
  const metadata = Array.from({ length: 50 }, (_, i): Action => {
    const expected = fileOf(`d2/f${i}`);
    const entry = { ...expected, mode: 0o600, mtimeSec: 1_500_000_000 };
    return { type: "set-metadata", path: path(`d2/f${i}`), expected, entry, aspects: ["mode"] };
  });
  const removals = Array.from({ length: 50 }, (_, i): Action => ({
    type: "remove",
    path: path(`d3/f${i}`),
    expected: fileOf(`d3/f${i}`),
  }));
  return told(
    [
      ...made,
      ...outcomes,
      ...(await applyAll(target, [...moves, exchange], source)),
      ...(await applyAll(target, metadata, source, { ordered: false })),
      ...(await applyAll(target, removals, source)),
    ],
    root,
  );
};

const keepAndFlush: Work<unknown> = async ({ pair, root }) => {
  const target = pair.open(root);
  const versions = await target.beginVersions(1_700_000_000_000, (stamp) => `record of ${stamp}`);
  await target.flush();
  const said = await target.thinVersions({ keep: "none" }, 1_800_000_000_000);
  return ["stamp" in versions, said, readdirSync(root)];
};

const atFar = ({ root }: FarPlace): void => plant(root);
const atHere = ({ here }: FarPlace): void => plant(here);
const works = [
  ["a scan", atFar, scan, lostOfAnswers],
  ["a scan that leaves out what is here", atFar, scanLike, lostOfAnswers],
  ["hashing", atFar, hash, lostOfAnswers],
  ["reading", atFar, pull, lostOfContent],
  ["applying", atHere, push, lostOfContent],
  ["old copies and making durable", atHere, keepAndFlush, lostOfAnswers],
] as const;

describe.each(works)("%s", (_name, prepare, work, lost) => {
  test("goes on over another line, and comes to the same", async () => {
    await provesSame(prepare, work, cuts("end", "error"), { numRuns: 15, lost });
  });

  test("does so where the line has fallen silent", async () => {
    await provesSame(prepare, work, cuts("silence"), { numRuns: 3, timeout: 700, lost });
  });
});

describe("without another attempt", () => {
  test("what was done stays done, and the work ends with a lost line", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1 << 10, max: 8 << 20 }), async (bytes) => {
        const dir = newDirectory();
        const [root, here] = [`${dir.path}/far`, `${dir.path}/here`];
        mkdirSync(root);
        mkdirSync(here);
        plant(here);
        const pair = openCuttingPair({ openHost, retries: 0 });
        pair.plan([{ to: "server", bytes, how: "error" }]);
        const [source, target] = [openLocal(here, near), pair.open(root)];
        const heard: string[] = [];
        const work = async (): Promise<void> => {
          const { directories, files } = await copyOf(source);
          await applyAll(target, directories, source);
          const { keeps } = target.capabilities;
          const options = { preserve: keeps, followLinks: false };
          for await (const outcomes of target.apply(files, false, source, options, never))
            heard.push(...outcomes.map(({ action }) => action.path));
        };
        await expect(work()).rejects.toMatchObject({ code: "ENDPOINT_LOST" });
        const stood = new Set(seeDisk(root).map((fact) => fact.path));
        expect(heard.filter((one) => !stood.has(one))).toEqual([]);
        await pair[Symbol.asyncDispose]();
        dir[Symbol.dispose]();
      }),
      { numRuns: 10 },
    );
  });
});
