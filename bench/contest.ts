import { type Pair, syncline, verifyEqual } from "./commands.ts";
import type { Meter, Sample } from "./measure.ts";
import type { Argv } from "./process.ts";
import type { Ground, Side, Trees } from "./trees.ts";
import type { Work } from "./works.ts";

export interface Arena extends Ground {
  readonly meter: Meter;
  readonly trees: Trees;
  readonly rounds: number;
}

/** What came of a row. `reason` is for people. */
export type Outcome =
  | { readonly type: "measured"; readonly work: Work; readonly samples: Samples }
  | { readonly type: "not-measured"; readonly work: Work; readonly reason: string }
  | { readonly type: "failed"; readonly work: Work; readonly reason: string };

/** In the order in which they were taken. */
export type Samples = Record<Side, readonly Sample[]>;

interface Contestant {
  readonly side: Side;
  readonly argv: Argv;
  readonly pair: Pair;
}

/** Lets Syncline and its rival do a row's work in turns, and has the result verified. */
export async function contest(work: Work, arena: Arena): Promise<Samples> {
  const { trees, env, signal } = arena;
  const contestants = await line(work, trees);
  const samples: Record<Side, Sample[]> = { ours: [], theirs: [] };
  const rounds = arena.rounds * (work.moreRounds ?? 1);
  // Round 0 warms caches up and is not counted.
  for (let round = 0; round <= rounds; round++) {
    // Nobody always comes second, when the processor may be warmer and memory more scattered.
    const inTurn = round % 2 === 0 ? contestants : contestants.toReversed();
    for (const contestant of inTurn) {
      const sample = await takeTurn(work, contestant, arena);
      if (round > 0) samples[contestant.side].push(sample);
    }
    showRound(work, round, rounds, samples);
  }
  await verifyEqual(await trees.pair(work.tree, "ours"), env, signal);
  trees.setEqual(work.tree, true);
  return samples;
}

async function line(work: Work, trees: Trees): Promise<Contestant[]> {
  const ours = await trees.pair(work.tree, "ours");
  if (work.target === "equal") await trees.makeEqual(work.tree);
  else trees.setEqual(work.tree, false);
  // Where nothing is written, the same target serves both.
  const theirs = work.target === "equal" ? ours : await trees.pair(work.tree, "theirs");
  return [
    { side: "ours", argv: syncline(ours, work.options, work.command), pair: ours },
    { side: "theirs", argv: work.rival.argv(theirs), pair: theirs },
  ];
}

async function takeTurn(work: Work, contestant: Contestant, arena: Arena): Promise<Sample> {
  const { argv, pair } = contestant;
  if (work.target === "missing") {
    // Our state goes too: a first copy is the first time that Syncline sees the pair.
    await arena.workspace.clear(pair.target, ...(contestant.side === "ours" ? [pair.state] : []));
  }
  return arena.meter.measure(argv, arena.env, arena.signal);
}

function showRound(work: Work, round: number, rounds: number, samples: Samples): void {
  if (round === 0) return;
  const [ours, theirs] = [samples.ours, samples.theirs].map((side) => side.at(-1)?.seconds ?? 0);
  console.error(
    `${work.name} ${round}/${rounds}: ours ${ours?.toFixed(3)} s, theirs ${theirs?.toFixed(3)} s`,
  );
}
