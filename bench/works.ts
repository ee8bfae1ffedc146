import { copy, emptyNode, type Pair, rsync } from "./commands.ts";
import type { Argv } from "./process.ts";

export type TreeName = "sources" | "million" | "ten";

/** One row: the same work done by Syncline and by a rival. */
export interface Work {
  /** For `--only`. */
  readonly name: string;
  readonly title: string;
  readonly tree: TreeName;
  /** Whether the target is deleted before each run, or stands there equal to the source. */
  readonly target: "missing" | "equal";
  /** What Syncline is told to do, if not to mirror. */
  readonly command?: "verify";
  /** Syncline's options. */
  readonly options: readonly string[];
  readonly rival: Rival;
  /** The ratio of medians that was asked for. */
  readonly atMost: number;
  /** The peak memory that was asked for, in bytes. */
  readonly atMostBytes?: number;
  /** How many times as many rounds as the others: what is over in a moment varies more. */
  readonly moreRounds?: number;
}

interface Rival {
  readonly title: string;
  readonly program: "rsync" | "cp" | "node";
  readonly argv: (pair: Pair) => Argv;
}

/** In the order of the table. The figures asked for are those of issue 2. */
export const WORKS: readonly Work[] = [
  {
    name: "unchanged",
    title: "nothing changed, default preservation",
    tree: "sources",
    target: "equal",
    options: [],
    rival: rsyncRival("-aHAX", "--delete"),
    atMost: 0.35,
  },
  {
    name: "unchanged-plain",
    title: "nothing changed, `--no-preserve xattrs,acls,hardlinks`",
    tree: "sources",
    target: "equal",
    options: ["--no-preserve", "xattrs,acls,hardlinks"],
    rival: rsyncRival("-a", "--delete"),
    atMost: 0.6,
  },
  {
    name: "first-copy-rsync",
    title: "first copy",
    tree: "sources",
    target: "missing",
    options: [],
    rival: rsyncRival("-a"),
    atMost: 0.5,
  },
  {
    name: "first-copy-cp",
    title: "first copy",
    tree: "sources",
    target: "missing",
    options: [],
    rival: { title: "`cp -a`", program: "cp", argv: copy },
    atMost: 1,
  },
  {
    name: "content",
    title: "`--compare content`, all equal",
    tree: "sources",
    target: "equal",
    options: ["--compare", "content"],
    rival: rsyncRival("-ac"),
    atMost: 0.7,
  },
  {
    name: "content-plain",
    title: "`--compare content --no-preserve xattrs,acls,hardlinks`, all equal",
    tree: "sources",
    target: "equal",
    options: ["--compare", "content", "--no-preserve", "xattrs,acls,hardlinks"],
    rival: rsyncRival("-ac"),
    atMost: 0.7,
  },
  {
    name: "verify",
    title: "`verify`, all equal",
    tree: "sources",
    target: "equal",
    command: "verify",
    options: [],
    rival: rsyncRival("-anc"),
    atMost: 0.7,
  },
  {
    name: "verify-plain",
    title: "`verify --no-preserve xattrs,acls,hardlinks`, all equal",
    tree: "sources",
    target: "equal",
    command: "verify",
    options: ["--no-preserve", "xattrs,acls,hardlinks"],
    rival: rsyncRival("-anc"),
    atMost: 0.7,
  },
  {
    name: "million",
    title: "nothing changed, 1 000 000 files",
    tree: "million",
    target: "equal",
    options: [],
    rival: rsyncRival("-a"),
    atMost: 0.6,
    atMostBytes: 150_000_000,
  },
  {
    name: "million-plain",
    title: "nothing changed, 1 000 000 files, `--no-preserve xattrs,acls,hardlinks`",
    tree: "million",
    target: "equal",
    options: ["--no-preserve", "xattrs,acls,hardlinks"],
    rival: rsyncRival("-a"),
    atMost: 0.6,
    atMostBytes: 150_000_000,
  },
  {
    name: "ten",
    title: "ten files, nothing changed",
    tree: "ten",
    target: "equal",
    options: [],
    rival: { title: "`node -e 0`", program: "node", argv: emptyNode },
    atMost: 2.5,
    moreRounds: 4,
  },
];

function rsyncRival(...options: string[]): Rival {
  return {
    title: `\`rsync ${options.join(" ")}\``,
    program: "rsync",
    argv: (pair) => rsync(pair, ...options),
  };
}
