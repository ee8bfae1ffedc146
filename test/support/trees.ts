import { python } from "./python.ts";

/** Metadata any entry can be given. Names, contents and targets are bytes written as latin1 text. */
interface Common {
  /** Below the root; `""` is the root itself. */
  readonly path: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Nanoseconds since the epoch. */
  readonly mtime?: bigint;
  readonly xattrs?: Readonly<Record<string, string>>;
  /** As `setfacl -m` takes them. */
  readonly acls?: readonly string[];
}

/** One thing to make. */
export type TreeEntry = Common &
  (
    | { readonly kind: "file"; readonly content?: string }
    /** Large content that differs with `fill`. */
    | { readonly kind: "file"; readonly size: number; readonly fill: number }
    /** A file of holes with data here and there. */
    | {
        readonly kind: "file";
        readonly size: number;
        readonly segments: readonly { at: number; length: number; fill: number }[];
      }
    | { readonly kind: "directory" | "fifo" | "socket" }
    | { readonly kind: "symlink"; readonly target: string }
    /** A further name of the file whose path is `target`. */
    | { readonly kind: "link"; readonly target: string }
    | { readonly kind: "char" | "block"; readonly rdev: readonly [number, number] }
  );

/** Makes entries below `root`, which may exist, in the order given; parents of files come by themselves. */
export function makeTree(root: string, entries: readonly TreeEntry[], uid: number = 0): void {
  const toJson = (_key: string, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value;
  python("tree.py", [root], JSON.stringify(entries, toJson), uid);
}

/** Text as bytes, for names that are valid UTF-8. */
export function utf8(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** Files named by path, with their content. */
export function files(contents: Readonly<Record<string, string>>): TreeEntry[] {
  return Object.entries(contents).map(([path, content]) => ({
    path: utf8(path),
    kind: "file",
    content: utf8(content),
  }));
}

/** `count` small files in directories of a hundred, whose content differs with `generation`. */
export function manyFiles(count: number, generation: string): TreeEntry[] {
  return Array.from({ length: count }, (_, n) => ({
    path: `d${Math.floor(n / 100)}/f${n}`,
    kind: "file",
    content: `${generation} ${n}\n`.repeat(1 + (n % 50)),
  }));
}

const SECOND = 1_000_000_000n;
/** A fixed moment, so that trees are the same every time: 2021-03-04 05:06:07.123456789. */
export const MOMENT: bigint = 1_614_834_367n * SECOND + 123_456_789n;

/** Names that programs stumble over. */
export const HARD_NAMES: readonly string[] = [
  "-rf",
  "--delete",
  "new\nline",
  "carriage\rreturn",
  "tab\there",
  "semi;colon",
  "^^^",
  " leading and trailing ",
  "*",
  "?[a]",
  "!bang",
  "#hash",
  "back\\slash",
  "quote\"'`$HOME`",
  "esc\u001b[31mred",
  "del\u007f",
  "c1\u009b31m",
  "\u00ff\u00fe invalid",
  "\u0080",
  "half \u00c3",
  "overlong \u00c0\u00af",
  "surrogate \u00ed\u00a0\u0080",
  "...",
  "..a",
  ".hidden",
  "a:b",
  "CON",
  "con",
  "x".repeat(255),
  "\u00e9".repeat(255),
  utf8("é composed"),
  utf8("e\u0301 composed"),
  utf8("ﬁ ligature 中文 🙂"),
  utf8("\u202egnp.exe"),
];

/** A tree with every kind of entry, name and metadata that does not need root; one directory has a `crowd` of files. */
export function everything(crowd: number = 5000): TreeEntry[] {
  return [
    { path: "", kind: "directory", mode: 0o750, mtime: MOMENT - 1n },
    ...names(),
    ...shapes(crowd),
    ...times(),
    ...links(),
    ...sparse(),
    ...modes(),
    ...attributes(),
    { path: "special", kind: "directory" },
    { path: "special/fifo", kind: "fifo", mode: 0o640, mtime: MOMENT },
    { path: "special/socket", kind: "socket", mode: 0o755, mtime: MOMENT + 1n },
  ];
}

/** What only root can make: devices, foreign owners, attributes for root's eyes. */
export function rootOnly(): TreeEntry[] {
  return [
    { path: "root", kind: "directory" },
    { path: "root/char", kind: "char", rdev: [1, 3], mode: 0o666, mtime: MOMENT },
    { path: "root/block", kind: "block", rdev: [7, 1234], mode: 0o660, uid: 3, gid: 6 },
    { path: "root/foreign", kind: "file", content: "x", uid: 12345, gid: 54321, mode: 0o640 },
    { path: "root/foreign-setuid", kind: "file", content: "x", uid: 12345, mode: 0o6755 },
    { path: "root/foreign-dir", kind: "directory", uid: 12345, gid: 1, mode: 0o2770 },
    { path: "root/foreign-link", kind: "symlink", target: "foreign", uid: 12345, gid: 54321 },
    { path: "root/foreign-fifo", kind: "fifo", uid: 4_000_000_000, gid: 4_000_000_001 },
    { path: "root/trusted", kind: "file", xattrs: { "trusted.note": "for root" } },
    {
      path: "root/capable",
      kind: "file",
      content: "#!",
      mode: 0o755,
      xattrs: {
        // cap_net_bind_service=ep, version 2.
        "security.capability":
          "\u0001\u0000\u0000\u0002\u0000\u0004\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000",
      },
    },
  ];
}

function names(): TreeEntry[] {
  return [
    { path: "names", kind: "directory", mtime: MOMENT },
    ...HARD_NAMES.map((name, n): TreeEntry => ({
      path: `names/${name}`,
      kind: "file",
      content: `${n}`,
    })),
    { path: "dirs", kind: "directory", mtime: MOMENT + 5n },
    ...HARD_NAMES.flatMap((name): TreeEntry[] => [
      { path: `dirs/${name}`, kind: "directory", mtime: MOMENT + 7n },
      { path: `dirs/${name}/${name}`, kind: "symlink", target: `${name}/${name}` },
    ]),
    // Order by components and order by characters differ around "/", which is above "-" and ".".
    ...files({ "order/a/x": "1", "order/a.b": "2", "order/a-b": "3", "order/a b": "4" }),
  ];
}

function shapes(crowd: number): TreeEntry[] {
  const deep = Array.from({ length: 70 }, (_, n) => `level-${n}`).join("/");
  const deepest = Array.from({ length: 40 }, () => "y".repeat(200)).join("/");
  return [
    { path: "empty-file", kind: "file" },
    { path: "empty-dir", kind: "directory", mtime: MOMENT + 9n },
    { path: "one-byte", kind: "file", content: "\u0000" },
    { path: "large", kind: "file", size: 3_000_001, fill: 1 },
    { path: `deep/${deep}/bottom`, kind: "file", content: "deep" },
    { path: `long/${deepest.slice(0, 3000)}`, kind: "directory" },
    ...Array.from({ length: crowd }, (_, n): TreeEntry => ({
      path: `crowd/${n}`,
      kind: "file",
      content: n % 3 === 0 ? "" : `${n}`,
    })),
  ];
}

function times(): TreeEntry[] {
  const moments: Record<string, bigint> = {
    negative: -1n,
    "long-before": -1_000_000_000n * SECOND - 999_999_999n,
    epoch: 0n,
    "one-nanosecond": 1n,
    "last-nanosecond": 1_600_000_000n * SECOND + 999_999_999n,
    "after-2038": 2_147_483_648n * SECOND + 1n,
    "year-2100": 4_102_444_800n * SECOND + 7n,
  };
  return [
    { path: "times", kind: "directory", mtime: 4_102_444_800n * SECOND },
    ...Object.entries(moments).flatMap(([name, mtime]): TreeEntry[] => [
      { path: `times/${name}`, kind: "file", content: name, mtime },
      { path: `times/${name}.d`, kind: "directory", mtime },
      { path: `times/${name}.l`, kind: "symlink", target: name, mtime },
    ]),
  ];
}

function links(): TreeEntry[] {
  return [
    ...files({ "links/a/one": "shared by three", "links/b/alone": "alone" }),
    { path: "links/0", kind: "directory" },
    { path: "links/0/three", kind: "link", target: "links/a/one" },
    { path: "links/b/two", kind: "link", target: "links/a/one" },
    { path: "links/symlink", kind: "symlink", target: "nowhere", mtime: MOMENT },
    { path: "links/symlink-twin", kind: "link", target: "links/symlink" },
    { path: "links/fifo", kind: "fifo" },
    { path: "links/fifo-twin", kind: "link", target: "links/fifo" },
    { path: "links/dangling", kind: "symlink", target: "no/such/place" },
    { path: "links/absolute", kind: "symlink", target: "/etc/passwd" },
    { path: "links/to-dir", kind: "symlink", target: "../names" },
    { path: "links/up", kind: "symlink", target: "../../../.." },
    { path: "links/self", kind: "symlink", target: "self" },
    { path: "links/long", kind: "symlink", target: "z/".repeat(2000) },
    { path: "links/bytes", kind: "symlink", target: "\u00ff\n;" },
  ];
}

function sparse(): TreeEntry[] {
  const MIB = 1 << 20;
  return [
    { path: "sparse", kind: "directory" },
    {
      path: "sparse/several",
      kind: "file",
      size: 24 * MIB,
      segments: [0, 8, 15].map((n) => ({ at: n * MIB, length: 65_536, fill: 65 + n })),
    },
    {
      path: "sparse/trailing",
      kind: "file",
      size: 10 * MIB + 3,
      segments: [{ at: 0, length: 5, fill: 66 }],
    },
    {
      path: "sparse/leading",
      kind: "file",
      size: 10 * MIB,
      segments: [{ at: 10 * MIB - 1, length: 1, fill: 67 }],
    },
    { path: "sparse/nothing", kind: "file", size: 5 * MIB + 1, segments: [] },
  ];
}

function modes(): TreeEntry[] {
  const modes = [0o000, 0o200, 0o400, 0o444, 0o777, 0o1644, 0o2755, 0o4755, 0o6711, 0o7777];
  return [
    { path: "modes", kind: "directory", mode: 0o1777, mtime: MOMENT },
    ...modes.flatMap((mode): TreeEntry[] => [
      { path: `modes/f${mode.toString(8)}`, kind: "file", content: "mode", mode },
      { path: `modes/d${mode.toString(8)}`, kind: "directory", mode, mtime: MOMENT },
    ]),
    { path: "modes/read-only", kind: "directory" },
    { path: "modes/read-only/inner", kind: "directory" },
    { path: "modes/read-only/inner/file", kind: "file", content: "x", mode: 0o400 },
    { path: "modes/read-only/inner", kind: "directory", mode: 0o500, mtime: MOMENT },
    { path: "modes/read-only", kind: "directory", mode: 0o555, mtime: MOMENT },
  ];
}

function attributes(): TreeEntry[] {
  return [
    { path: "attributes", kind: "directory", acls: ["u:12345:rwx", "d:u:12345:r-x", "d:g::---"] },
    { path: "attributes/plain", kind: "file", content: "inherits" },
    { path: "attributes/dir", kind: "directory", mtime: MOMENT },
    {
      path: "attributes/file",
      kind: "file",
      content: "x",
      xattrs: { "user.note": "a\u0000b\u00ff", "user.empty": "", "user.long": "v".repeat(900) },
      acls: ["u:12345:r--", "g:54321:-w-"],
    },
    {
      path: "attributes/read-only",
      kind: "file",
      content: "x",
      mode: 0o444,
      xattrs: { "user.note": "r" },
    },
    { path: "attributes/annotated", kind: "directory", xattrs: { "user.\u00e9\u00e8": "name" } },
  ];
}
