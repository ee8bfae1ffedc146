import { type Pair, syncline, verifyEqual } from "./commands.ts";
import type { Host } from "./host.ts";
import type { Meter, Sample } from "./measure.ts";
import type { Argv } from "./process.ts";
import type { Ground, Side, Trees } from "./trees.ts";
import type { Work } from "./work.ts";

export interface Arena extends Ground {
  readonly meter: Meter;
  readonly trees: Trees;
  readonly rounds: number;
  /** For works with another host. */
  readonly host: Host | undefined;
}

/** What came of a row. `reason` is for people. */
export type Outcome =
  | { readonly type: "measured"; readonly work: Work; readonly scores: Scores }
  | { readonly type: "not-measured"; readonly work: Work; readonly reason: string }
  | { readonly type: "failed"; readonly work: Work; readonly reason: string };

/** In the order in which they were taken. */
export interface Score {
  readonly samples: readonly Sample[];
  /** What crossed the line to the other host, in bytes. */
  readonly wire: readonly number[];
}

export type Scores = Record<Side, Score>;

interface Contestant {
  readonly side: Side;
  readonly argv: Argv;
  readonly pair: Pair;
  /** What the judge looks at. */
  readonly kept: readonly string[] | undefined;
  readonly score: { samples: Sample[]; wire: number[] };
}

interface Round {
  readonly number: number;
  readonly isTimed: boolean;
  readonly countsBytes: boolean;
}

/** Lets Syncline and its rival do a row's work in turns, and has the result verified. */
export async function contest(work: Work, arena: Arena): Promise<Scores> {
  const { trees } = arena;
  const contestants = await line(work, trees);
  for (const round of planRounds(work, arena.rounds)) {
    // Nobody always comes second, when the processor may be warmer and memory more scattered.
    const isFixed = round.number % 2 === 0 || work.rival.follows === true;
    const inTurn = isFixed ? contestants : contestants.toReversed();
    if (work.target !== "missing" && work.target !== "equal") {
      await trees.change(work.tree, work.target);
    }
    for (const contestant of inTurn) await takeTurn({ work, round, contestant }, arena);
    showRound(work, round, contestants);
  }
  for (const { pair, kept } of contestants) await verifyEqual(pair, arena, kept);
  trees.setEqual(work.tree, work.kept === undefined);
  const [ours, theirs] = contestants;
  return { ours: ours.score, theirs: theirs.score };
}

/**
 * Round 0 warms caches up and is not counted. Bytes are counted with the times where the line is slow; where it is not,
 * counting would cost time, and has a round of its own.
 */
function planRounds(work: Work, wanted: number): Round[] {
  const { remote } = work;
  const isSlow = remote !== undefined && Object.keys(remote.line).length > 0;
  const counted = Array.from({ length: wanted * (work.moreRounds ?? 1) }, (_, index) => ({
    number: index + 1,
    isTimed: true,
    countsBytes: isSlow,
  }));
  const rounds = [{ number: 0, isTimed: false, countsBytes: false }, ...counted];
  if (remote === undefined || isSlow) return rounds;
  return [...rounds, { number: rounds.length, isTimed: false, countsBytes: true }];
}

async function line(work: Work, trees: Trees): Promise<[Contestant, Contestant]> {
  const ours = await trees.pair(work.tree, "ours");
  // Where nothing is written, the same target serves both.
  const shares = work.target === "equal" || work.rival.follows === true;
  const theirs = shares ? ours : await trees.pair(work.tree, "theirs");
  if (work.target === "missing") trees.setEqual(work.tree, false);
  else {
    await trees.makeEqual(work.tree, ours);
    if (!shares) await trees.makeEqual(work.tree, theirs);
  }
  const call = { ...work, ...(work.remote && { route: work.remote.route }) };
  const newScore = (): Contestant["score"] => ({ samples: [], wire: [] });
  return [
    { side: "ours", argv: syncline(ours, call), pair: ours, kept: work.kept, score: newScore() },
    {
      side: "theirs",
      argv: work.rival.argv(theirs),
      pair: theirs,
      kept: work.rival.kept,
      score: newScore(),
    },
  ];
}

interface Turn {
  readonly work: Work;
  readonly round: Round;
  readonly contestant: Contestant;
}

async function takeTurn({ work, round, contestant }: Turn, arena: Arena): Promise<void> {
  const { argv, pair, score } = contestant;
  const { host } = arena;
  if (work.target === "missing") {
    // Our state goes too: a first copy is the first time that Syncline sees the pair.
    await arena.workspace.clear(pair.target, ...(contestant.side === "ours" ? [pair.state] : []));
  }
  const isRemote = work.remote !== undefined && host !== undefined;
  const way = isRemote ? await host.useLine(work.remote.line, round.countsBytes) : {};
  const before = isRemote ? await host.wireBytes() : 0;
  const sample = await arena.meter.measure(argv, { ...arena.env, ...way }, arena.signal);
  if (round.isTimed) score.samples.push(sample);
  if (isRemote && round.countsBytes) score.wire.push((await host.wireBytes()) - before);
}

function showRound(work: Work, round: Round, contestants: readonly Contestant[]): void {
  if (!round.isTimed && !round.countsBytes) return;
  const figures = contestants.map(({ side, score }) => {
    const seconds = round.isTimed ? ` ${score.samples.at(-1)?.seconds.toFixed(3)} s` : "";
    const bytes = round.countsBytes ? ` ${score.wire.at(-1)} bytes` : "";
    return `${side}${seconds}${bytes}`;
  });
  console.error(`${work.name} ${round.number}: ${figures.join(", ")}`);
}
