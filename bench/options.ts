import { statSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";

export const USAGE = `Usage: npm run bench [-- OPTION…]

  --tree DIR    measure on this tree instead of a generated one; it is only read
  --work DIR    put the trees in a fresh directory below DIR (default: /dev/shm, which is memory)
  --quick       a tenth of the tree, and no million files unless asked for
  --million     the row with a million files, in spite of --quick
  --rounds N    counted rounds of each command (default: 5)
  --local       only rows of this machine
  --remote      only rows with another host, which is an sshd of our own on this machine
  --only NAME   only the row of this name; may be repeated`;

export interface Options {
  readonly tree: string | undefined;
  readonly work: string | undefined;
  readonly quick: boolean;
  readonly million: boolean;
  readonly rounds: number;
  readonly hosts: "local" | "remote" | "all";
  /** Empty means all. */
  readonly only: readonly string[];
}

/** Throws one sentence about the first argument that it does not understand. */
export function parseOptions(args: string[], names: readonly string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      tree: { type: "string" },
      work: { type: "string" },
      quick: { type: "boolean", default: false },
      million: { type: "boolean", default: false },
      rounds: { type: "string", default: "5" },
      local: { type: "boolean", default: false },
      remote: { type: "boolean", default: false },
      only: { type: "string", multiple: true, default: [] },
    },
  });
  if (!/^[1-9]\d{0,3}$/.test(values.rounds)) {
    throw new Error(`--rounds ${values.rounds}: not a number of rounds`);
  }
  const unknown = values.only.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new Error(`--only ${unknown}: no such row; there are ${names.join(", ")}`);
  }
  return {
    tree: givenDirectory("--tree", values.tree),
    work: givenDirectory("--work", values.work),
    quick: values.quick,
    million: values.million || !values.quick || values.only.includes("million"),
    rounds: Number(values.rounds),
    hosts: values.local === values.remote ? "all" : values.local ? "local" : "remote",
    only: values.only,
  };
}

function givenDirectory(option: string, dir: string | undefined): string | undefined {
  if (dir === undefined) return undefined;
  // npm runs scripts in the package's directory, and says here where the user stood.
  const full = path.resolve(process.env["INIT_CWD"] ?? ".", dir);
  const isDirectory = statSync(full, { throwIfNoEntry: false })?.isDirectory() ?? false;
  if (!isDirectory) throw new Error(`${option} ${dir}: not a directory`);
  return full;
}
