import { spawnSync } from "node:child_process";

import { python, SYSTEM_PATH } from "./python.ts";

/** What an independent walk saw of one entry. Names and targets are bytes written as latin1 text. */
export interface Seen {
  readonly path: string;
  readonly kind: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: string;
  readonly inode: string;
  readonly ctime: string;
  /** Values in base64; access control lists are among them. */
  readonly xattrs: Readonly<Record<string, string>>;
  readonly target?: string;
  readonly rdev?: readonly number[];
  readonly size?: number;
  readonly sha256?: string;
  /** Bytes in holes. */
  readonly holes?: number;
  /** First path, in order of names, of those that are the same file. */
  readonly group?: string;
}

type Aspect = "mode" | "owner" | "times" | "xattrs" | "groups" | "holes";

/** What may differ between the two trees, because it was asked for or cannot be kept. */
export interface Tolerance {
  readonly except?: readonly Aspect[];
  /** Times are cut to this many nanoseconds before they are compared. */
  readonly timesTo?: bigint;
}

/** Everything at and below a directory, in order. */
export function walk(root: string): Seen[] {
  const lines = python("walk.py", [root]).split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Seen);
}

/** A tree as one value that changes when anything in it is touched, even if it is put back. */
export function fingerprint(root: string): string {
  return JSON.stringify(walk(root));
}

/** Every difference between two trees, by a walk of our own and by rsync; none of it is Syncline's code. */
export function judge(source: string, target: string, tolerance: Tolerance = {}): string[] {
  return [
    ...compareWalks(walk(source), walk(target), tolerance),
    ...rsyncSays(source, target, tolerance),
  ];
}

/** Differences between two walks, a line each. */
export function compareWalks(
  source: readonly Seen[],
  target: readonly Seen[],
  tolerance: Tolerance = {},
): string[] {
  const before = new Map(target.map((seen) => [seen.path, seen]));
  const differences = source.flatMap((seen) => {
    const other = before.get(seen.path);
    before.delete(seen.path);
    if (other === undefined) return [`${JSON.stringify(seen.path)}: missing`];
    return compareEntry(seen, other, tolerance);
  });
  return [...differences, ...[...before.keys()].map((path) => `${JSON.stringify(path)}: extra`)];
}

function compareEntry(source: Seen, target: Seen, tolerance: Tolerance): string[] {
  const wanted = facts(source, tolerance);
  const found = facts(target, tolerance);
  const differences = Object.keys(wanted)
    .filter((fact) => wanted[fact] !== found[fact])
    .map((fact) => `${fact} ${String(found[fact])}, not ${String(wanted[fact])}`);
  // A copy may have more holes than its source: zeros need no blocks. It may not have fewer, but for a block at each edge.
  const filled = (source.holes ?? 0) - (target.holes ?? 0);
  if (tolerance.except?.includes("holes") !== true && filled > 131_072) {
    differences.push(`${filled} bytes of holes were filled`);
  }
  return differences.map((difference) => `${JSON.stringify(source.path)}: ${difference}`);
}

function facts(seen: Seen, { except = [], timesTo = 1n }: Tolerance): Record<string, unknown> {
  const { kind, mode, uid, gid, mtime, xattrs, target, rdev, size, sha256, group } = seen;
  const time = BigInt(mtime);
  const tick = ((time % timesTo) + timesTo) % timesTo;
  const all: [Aspect | undefined, Record<string, unknown>][] = [
    [undefined, { kind, target, size, sha256, rdev: rdev?.join(":") }],
    ["mode", kind === "symlink" ? {} : { mode: mode.toString(8) }],
    ["owner", { owner: `${uid}:${gid}` }],
    ["times", { mtime: time - tick }],
    ["xattrs", { xattrs: JSON.stringify(xattrs) }],
    ["groups", { group }],
  ];
  return Object.assign(
    {},
    ...all
      .filter(([aspect]) => aspect === undefined || !except.includes(aspect))
      .map(([, values]) => values),
  );
}

/** What rsync would still do, a line each. */
function rsyncSays(
  source: string,
  target: string,
  { except = [], timesTo = 1n }: Tolerance,
): string[] {
  const not = (aspect: Aspect, ...flags: string[]) => (except.includes(aspect) ? flags : []);
  const { stdout, stderr, status } = spawnSync(
    "rsync",
    [
      "-aHAXn",
      "--delete",
      "--itemize-changes",
      // XFS shows its access control lists a second time; the second rule is one of rsync's own, which the first replaces.
      "--filter=-x trusted.SGI_ACL_*",
      "--filter=-x system.*",
      ...not("mode", "--no-perms"),
      ...not("owner", "--no-owner", "--no-group"),
      ...not("times", "--no-times", "--size-only"),
      ...not("xattrs", "--no-xattrs", "--no-acls"),
      ...not("groups", "--no-hard-links"),
      // With the default window rsync cares for whole seconds only where one side has no fraction.
      ...(timesTo === 1n
        ? ["--modify-window=-1"]
        : [`--modify-window=${timesTo / 1_000_000_000n}`]),
      `${source}/`,
      `${target}/`,
    ],
    { env: { PATH: SYSTEM_PATH, LANG: "C.UTF-8" }, encoding: "latin1", maxBuffer: 1 << 28 },
  );
  const said = [...stdout.split("\n"), ...stderr.split("\n")].filter((line) => line !== "");
  if (status !== 0) said.push(`rsync ended with ${String(status)}`);
  return said.map((line) => `rsync: ${line}`);
}
