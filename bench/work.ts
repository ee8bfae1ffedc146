import type { LineOptions } from "../test/support/proxy.ts";
import type { Change } from "./changes.ts";
import { type Pair, type Route, rsync } from "./commands.ts";
import type { Argv } from "./process.ts";

export type TreeName = "sources" | "changing" | "small" | "portable" | "large" | "million" | "ten";

/** One row: the same work done by Syncline and by a rival. */
export interface Work {
  /** For `--only`. */
  readonly name: string;
  readonly title: string;
  readonly tree: TreeName;
  /**
   * What each side finds: no target; a target that is equal; or a target that was equal until the source changed in this
   * way. Then the rival may be ourselves, when nothing has changed.
   */
  readonly target: "missing" | "equal" | Change;
  /** Where the other host stands, if there is one. */
  readonly remote?: Remote;
  /** What Syncline is told to do, if not to mirror. */
  readonly command?: "verify";
  /** Syncline's options. */
  readonly options: readonly string[];
  readonly rival: Rival;
  /** The ratio of medians that was asked for. */
  readonly atMost: number;
  /** The peak memory that was asked for, in bytes. */
  readonly atMostPeak?: number;
  /** How many times as many rounds as the others: what is over in a moment varies more. */
  readonly moreRounds?: number;
  /** What the judge looks at, as options of rsync, where not everything can be kept. */
  readonly kept?: readonly string[];
}

interface Remote {
  readonly route: Route;
  readonly line: LineOptions;
  /** The ratio of bytes on the wire that was asked for. */
  readonly atMostWire?: number;
}

export interface Rival {
  readonly title: string;
  readonly program: "rsync" | "cp" | "node" | "rclone";
  readonly argv: (pair: Pair) => Argv;
  /** It works on our own target, after us. */
  readonly follows?: boolean;
  /** As {@link Work.kept}, for the rival's target. */
  readonly kept?: readonly string[];
}

export function rsyncRival(options: readonly string[], route?: Route): Rival {
  return {
    title: `\`rsync ${options.join(" ")}\``,
    program: "rsync",
    argv: (pair) => rsync(pair, options, route),
  };
}
