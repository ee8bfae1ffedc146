/**
 * Puts Syncline and its rivals on the same work, in turns, and prints what each took. Run it on a machine that does
 * nothing else:
 *
 *     npm run bench [-- --quick] [--tree DIR] [--work DIR] [--rounds N] [--only NAME] [--million]
 *                       [--local] [--remote]
 *
 * How to read the table: what counts is the ratio of medians, because it says nearly the same on a slow machine and on a
 * fast one. Below 1 Syncline took less time. A ratio is as good as the ranges below the table are narrow: where the
 * slowest round took much longer than the fastest, something else was running. Times are from start to end of the
 * process, Node's own start included. Peak memory is the most that was resident in any round: of Syncline all threads,
 * of rsync, which is three processes, only the largest of them. Trees are in memory unless `--work` says otherwise;
 * there no disk hides what the tools themselves cost. On a disk Syncline waits until what it wrote is safe there, unless
 * it is told `--no-flush`; rsync and cp leave that to the system.
 *
 * It demands no time, and fails only when a command fails or when rsync finds a difference between source and target.
 * With `--quick` the start of a process weighs ten times as much, so nothing is held to what was asked for.
 *
 * Where the work is between two hosts, the other one is this one, too: `host.ts`. Their processes share the processor, so
 * that the ratio is about the work that both ends do together.
 *
 * A work is described in `works.ts` and `remote-works.ts`; `contest.ts` is what happens to it; the tree is drawn in
 * `project.ts`.
 */
import { constants } from "node:os";
import path from "node:path";

import { ensureBuilt } from "./build.ts";
import { cleanEnvironment, versionOf } from "./commands.ts";
import { type Arena, contest, type Outcome } from "./contest.ts";
import { describeLoad, describeMachine } from "./machine.ts";
import { openHost } from "./host.ts";
import { chooseMeter } from "./measure.ts";
import { type Options, parseOptions, USAGE } from "./options.ts";
import { REMOTE_WORKS } from "./remote-works.ts";
import { formatReport } from "./report.ts";
import { openTrees } from "./trees.ts";
import { LOCAL_WORKS } from "./works.ts";
import type { Work } from "./work.ts";
import { openWorkspace } from "./workspace.ts";

type Versions = Record<Work["rival"]["program"], string | undefined>;

async function bench(options: Options, signal: AbortSignal): Promise<boolean> {
  await ensureBuilt(signal);
  await using workspace = await openWorkspace(options.work);
  const env = cleanEnvironment(workspace.dir);
  const meter = await chooseMeter(path.join(workspace.dir, "peak"), env);
  const ground = { workspace, env, signal };
  const works = chooseWorks(options);
  const needsHost = works.some((work) => work.remote !== undefined);
  await using host = needsHost ? await openHost(path.join(workspace.dir, "host"), env) : undefined;
  const arena = {
    ...ground,
    meter,
    trees: openTrees(ground, options),
    rounds: options.rounds,
    host,
  };
  const versions: Versions = {
    rsync: await versionOf("rsync", env),
    cp: await versionOf("cp", env),
    node: process.version,
    rclone: await versionOf("rclone", env),
  };
  if (versions.rsync === undefined) throw new Error("rsync is needed, as a rival and as the judge");

  const load = describeLoad();
  const outcomes: Outcome[] = [];
  for (const [index, work] of works.entries()) {
    outcomes.push(await measure(work, arena, versions));
    // Memory and inodes may not be enough for all trees at once.
    const isLast = !works
      .slice(index + 1)
      .some(({ tree, remote }) => tree === work.tree && !remote === !work.remote);
    if (isLast) await arena.trees.discard(work.tree);
  }
  const facts = [
    versions.rsync,
    versions.cp,
    needsHost ? versions.rclone : undefined,
    host?.description,
    `peak memory from ${meter.description}`,
  ];
  const report = formatReport(
    outcomes,
    ({ tree }) => tree === "million" || tree === "ten" || !options.quick,
  );
  const parts = [await describeMachine(workspace.dir, facts), load, report];
  console.log(parts.filter((part) => part !== undefined).join("\n\n"));
  return outcomes.every((outcome) => outcome.type !== "failed");
}

const WORKS: readonly Work[] = [...LOCAL_WORKS, ...REMOTE_WORKS];

function chooseWorks({ only, million, hosts }: Options): Work[] {
  return WORKS.filter(
    (work) =>
      (only.length === 0 || only.includes(work.name)) &&
      (million || work.tree !== "million") &&
      (hosts === "all" || (hosts === "remote") === (work.remote !== undefined)),
  );
}

async function measure(work: Work, arena: Arena, versions: Versions): Promise<Outcome> {
  const { program } = work.rival;
  if (versions[program] === undefined) {
    return { type: "not-measured", work, reason: `${program} is not installed` };
  }
  if (work.remote !== undefined && arena.host === undefined) {
    return { type: "not-measured", work, reason: "sshd is not installed" };
  }
  const room = await arena.trees.missingRoom(work.tree);
  if (room !== undefined) return { type: "not-measured", work, reason: room };
  try {
    return { type: "measured", work, scores: await contest(work, arena) };
  } catch (error) {
    arena.signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    console.error(`${work.name} failed: ${reason}`);
    return { type: "failed", work, reason: reason.split("\n")[0] ?? "" };
  }
}

/** Aborts at the first signal, so that the trees are deleted. The second one, to who cannot wait for that, kills. */
function abortOnSignal(): AbortSignal {
  const abort = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(name, () => {
      process.exitCode = 128 + constants.signals[name];
      abort.abort(new Error(`Stopped by ${name}; the trees are being deleted`));
    });
  }
  return abort.signal;
}

async function main(args: string[]): Promise<void> {
  if (args.includes("--help")) {
    console.log(USAGE);
    return;
  }
  const signal = abortOnSignal();
  // The same modes on every machine.
  process.umask(0o022);
  try {
    const options = parseOptions(
      args,
      WORKS.map((work) => work.name),
    );
    const isRight = await bench(options, signal);
    process.exitCode ??= isRight ? 0 : 1;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode ??= 1;
  }
}

await main(process.argv.slice(2));
