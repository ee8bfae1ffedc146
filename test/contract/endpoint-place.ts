/** What the endpoint's contract suites share: places for replicas, ways to change them from outside, and words for actions. */
import { expect } from "vitest";

import type { ByteString } from "../../src/base/byte-string.ts";
import type { KnownFile } from "../../src/core/chunk-list.ts";
import type { Entry, FileEntry, Finding } from "../../src/core/entry.ts";
import { noFilter } from "../../src/core/filter.ts";
import type { RelPath } from "../../src/core/path.ts";
import { joinPath, parentPath } from "../../src/core/path.ts";
import type { Action } from "../../src/core/plan.ts";
import type { Preserve } from "../../src/core/preserve.ts";
import { preserveAll } from "../../src/core/preserve.ts";
import type { ProblemCode, Side } from "../../src/core/problem.ts";
import { findingAt, nameAt } from "../../src/core/snapshot.ts";
import type {
  ApplyOptions,
  ChunkOptions,
  Endpoint,
  Outcome,
  ScanRequest,
  VersionsOfRun,
} from "../../src/endpoint/endpoint.ts";
import type { Fact, ModelNode } from "../model/tree.ts";

/** What to make; all but the kind has a default. */
export type Made =
  | ({ readonly kind: "file"; readonly content?: string } & Common)
  | ({ readonly kind: "directory" } & Common)
  | ({ readonly kind: "symlink"; readonly linkTarget: string } & Common)
  | ({
      readonly kind: "fifo" | "socket" | "block-device" | "character-device";
      readonly rdev?: number;
    } & Common);
type Common = Partial<Pick<ModelNode, "mode" | "uid" | "gid" | "mtime">>;

/** A world of its own for one test. Paths begin with the name of a root: `source`, `target` or any other. */
export interface EndpointPlace extends AsyncDisposable {
  open(root: string): Endpoint;
  /** Makes an entry, in place of whatever is there, and the directories above it. */
  make(path: string, made: Made): void;
  /** Gives what is at `from` a further name. */
  link(path: string, from: string): void;
  remove(path: string): void;
  /** Writes into the file itself, which stays the same file. */
  rewrite(path: string, content: string, mtime: bigint): void;
  /** Makes endpoints that are opened afterwards fail to enter directories of that name. */
  spoil(name: string): void;
  /** Everything at and below a path. */
  look(path: string): Fact[];
}

export type OpenPlace = () => Promise<EndpointPlace>;

export const second = 1_000_000_000n;
/** Times that every driver can keep exactly. */
export const early: bigint = 1_500_000_000n * second;
export const late: bigint = 1_600_000_000n * second;

/** A time before 1970, where the driver says more than whole seconds: those that say no more, count from there on. */
export function oldTime({ capabilities }: Endpoint): bigint {
  return capabilities.timeResolution < Number(second) ? -5n * second : 5n * second;
}

/** A time as text, as the driver would say it. */
export function saidTime({ capabilities }: Endpoint, mtime: string): string {
  const step = BigInt(capabilities.timeResolution);
  const time = BigInt(mtime);
  return String(time - (((time % step) + step) % step));
}

/** What is at and below a path, without the times of links where the driver cannot set them. */
export function settable(
  place: EndpointPlace,
  path: string,
  { capabilities }: Endpoint,
): readonly Fact[] {
  return place
    .look(path)
    .map((fact) =>
      fact.kind === "symlink" && !capabilities.linkTimes ? { ...fact, mtime: "" } : fact,
    );
}

/** Whether the driver can tell one file from another that looks the same: nobody else could keep hard links. */
export function tellsApart({ capabilities }: Endpoint): boolean {
  return capabilities.keeps.hardlinks;
}

export const never: AbortSignal = new AbortController().signal;

export const everything: Preserve = preserveAll;

/** A scan of everything, as a target. */
export const plainRequest: ScanRequest = {
  side: "target",
  filter: noFilter,
  links: "keep",
  oneFileSystem: false,
  ignoreFiles: false,
  xattrs: false,
  acls: false,
};

/** The rows of a scan, in order. */
export async function rowsOf(
  endpoint: Endpoint,
  over: Partial<ScanRequest> = {},
): Promise<(readonly [RelPath, Finding])[]> {
  const out: (readonly [RelPath, Finding])[] = [];
  const above: RelPath[] = [];
  for await (const chunk of endpoint.scan({ ...plainRequest, ...over }, never)) {
    for (let row = 0; row < chunk.count; row++) {
      const depth = chunk.depth[row]!;
      const path = depth === 0 ? ("" as RelPath) : joinPath(above[depth - 1]!, nameAt(chunk, row));
      above[depth] = path;
      out.push([path, findingAt(chunk, row)]);
    }
  }
  return out;
}

/** The entry that a scan finds at a path. */
export async function entryAt(endpoint: Endpoint, path: string): Promise<Entry> {
  const rows = await rowsOf(endpoint);
  const finding = rows.find(([at]) => at === path)?.[1];
  if (finding === undefined) throw new Error(`the scan found nothing at ${path}`);
  if (finding.kind === "problem" || finding.kind === "excluded" || finding.kind === "leftover")
    throw new Error(`the scan found a ${finding.kind} row at ${path}`);
  return finding;
}

/** All that a file consists of. */
export const allChunks: ChunkOptions = { side: "target", followLinks: false, extent: "full" };

/** A file, and what it consists of, as somebody would remember it. */
export async function knownAt(endpoint: Endpoint, path: string): Promise<KnownFile> {
  const facts = await fileAt(endpoint, path);
  const requests = [{ path: path as RelPath, entry: facts }];
  const [list] = await endpoint.chunks(requests, allChunks, never);
  return { path: path as RelPath, facts, list: list! };
}

export async function fileAt(endpoint: Endpoint, path: string): Promise<FileEntry> {
  const entry = await entryAt(endpoint, path);
  if (entry.kind !== "file") throw new Error(`no file is at ${path}`);
  return entry;
}

export interface ApplyWay {
  readonly ordered?: boolean;
  readonly preserve?: Partial<Preserve>;
  readonly signal?: AbortSignal;
  readonly versions?: VersionsOfRun;
  readonly known?: ApplyOptions["known"];
  readonly again?: boolean;
}

export async function applyAll(
  target: Endpoint,
  actions: readonly Action[],
  source: Endpoint,
  { ordered = true, preserve = {}, signal = never, versions, known, again }: ApplyWay = {},
): Promise<Outcome[]> {
  await target.root();
  const { keeps } = target.capabilities;
  const kept = Object.fromEntries(
    Object.entries(everything).map(([key]) => [key, keeps[key as keyof Preserve]]),
  ) as Record<keyof Preserve, boolean>;
  const options = {
    preserve: { ...kept, ...preserve },
    followLinks: false,
    ...(versions && { versions }),
    ...(known && { known }),
    ...(again && { again }),
  };
  const out: Outcome[] = [];
  for await (const outcomes of target.apply(actions, ordered, source, options, signal))
    out.push(...outcomes);
  return out;
}

/** An outcome in brief: `done`, or the side and the code of what stood in the way. */
export function inBrief({ done, problem }: Outcome): string {
  if (problem === undefined) return done ? "done" : "not done, and nobody knows why";
  return `${done ? "done, but " : ""}${problem.side}: ${problem.code}`;
}

export function failure(side: Side, code: ProblemCode): string {
  return `${side}: ${code}`;
}

/** Applies one action and says in brief what became of it. */
export async function applyOne(
  target: Endpoint,
  action: Action,
  source: Endpoint,
  way?: ApplyWay,
): Promise<string> {
  const outcomes = await applyAll(target, [action], source, way);
  expect(outcomes.map((outcome) => outcome.action)).toEqual([action]);
  return inBrief(outcomes[0]!);
}

/** Paths, kinds and contents below a path. */
export function brief(place: EndpointPlace, path: string): string[] {
  return place.look(path).map(({ path, kind, what }) => `${path} ${kind} ${what}`.trim());
}

export const path = (text: string): RelPath => text as RelPath;
export const bytes = (text: string): ByteString => text as ByteString;

/** The model of what is to be made. */
export function modelOf(made: Made): ModelNode {
  const isRoot = process.geteuid?.() === 0;
  const common = {
    mode: made.mode ?? (made.kind === "directory" ? 0o755 : 0o644),
    uid: made.uid ?? (isRoot ? 0 : process.geteuid!()),
    gid: made.gid ?? (isRoot ? 0 : process.getegid!()),
    mtime: made.mtime ?? early,
    xattrs: [],
  };
  switch (made.kind) {
    case "file":
      return { kind: "file", ...common, content: bytes(made.content ?? ""), group: undefined };
    case "directory":
      return { kind: "directory", ...common, children: new Map() };
    case "symlink":
      return { kind: "symlink", ...common, linkTarget: bytes(made.linkTarget) };
    default:
      return { kind: made.kind, ...common, rdev: made.rdev ?? 0 };
  }
}

/** Directories above a path, from the top. */
export function directoriesAbove(path: string): string[] {
  const above = parentPath(path as RelPath);
  return above === "" ? [] : [...directoriesAbove(above), above];
}
