import type { Filter } from "../core/filter.ts";
import type { HashAlgorithm } from "../core/content-hash.ts";
import type { RemoteOptions } from "../core/login.ts";
import type { DeleteLimit, GuardName } from "../core/guards.ts";
import type { VersionRule } from "../core/version-thinning.ts";
import type { CompareMode, LinkMode, PreserveKey } from "../core/preserve.ts";
import type { ProgressView, Report, RunSummary } from "../engine/events.ts";
import type { Decision } from "../engine/mirror.ts";
import type { ConnectRemote } from "./open-remote.ts";

/** One source mirrored into any number of targets: everything that a user can ask for, already checked. */
export interface MirrorRequest {
  /** Locations as typed. */
  readonly source: string;
  readonly targets: readonly string[];
  readonly dryRun: boolean;
  /** Remove what only the target has. */
  readonly delete: boolean;
  readonly deleteExcluded: boolean;
  readonly deleteLimit: DeleteLimit;
  /** Guards that may be passed although they trip. */
  readonly accept: ReadonlySet<GuardName>;
  readonly compare: CompareMode;
  /** By which content is known where it is not compared byte by byte. */
  readonly hash: HashAlgorithm;
  /** Nanoseconds; `undefined` means the resolution of the coarser endpoint. */
  readonly modifyWindow: number | undefined;
  /** Asked for by name (`true`), or not wanted (`false`); the rest follows what the endpoints can keep. */
  readonly preserve: ReadonlyMap<PreserveKey, boolean>;
  readonly links: LinkMode;
  readonly filter: Filter;
  /** Honour each directory's `.gitignore` in the source. */
  readonly ignoreFiles: boolean;
  readonly oneFileSystem: boolean;
  /** Look for what was renamed, moved or copied. */
  readonly moves: boolean;
  readonly flush: boolean;
  /** What becomes of what is replaced or deleted. */
  readonly versions: VersionRule;
  /** Where locks and history live; `undefined` for none at all. */
  readonly stateDir: string | undefined;
  /** Record the run in the history; locks are taken all the same. */
  readonly history: boolean;
  /** How other hosts are reached; with nothing asked for if it is not said. */
  readonly login?: RemoteOptions | undefined;
  /** Forces one of the file drivers. */
  readonly driver: "libc" | "portable" | undefined;
  /** Forces where BLAKE3 comes from. */
  readonly binding?: "native" | "wasm" | undefined;
}

/** How a use case talks to whoever started it. */
export interface RunContext {
  readonly report: Report;
  /** Asked once per target before the first change; `true` goes on. Not asked where there is nothing to do. */
  readonly confirm: (target: string, decision: Decision) => Promise<boolean>;
  /** Handed a function that samples the progress of a target's run, when that run starts. */
  readonly watch: (target: string, sample: () => ProgressView) => void;
  /** Aborts: finish the files in hand, then stop. A second signal is the process's own business. */
  readonly signal: AbortSignal;
  /** Connects to other hosts, where that is not for ssh to do. */
  readonly connect?: ConnectRemote;
}

/** What a run ended as: one summary for each target, in the order given. */
export interface MirrorResult {
  readonly summaries: readonly RunSummary[];
  /** As CLI.md orders them, over all targets. */
  readonly exitCode: number;
}
