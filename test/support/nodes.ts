import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import path from "node:path";

const dir = path.resolve(import.meta.dirname, "../nodes");
const repositoryNode = path.resolve(import.meta.dirname, "../../node_modules/node/bin/node");

/** Versions of Node that an agent is tried on: the first that will do, and the last of each that is still about. */
export const nodeVersions = ["18.0.0", "18", "20", "22", "24"] as const;
export type NodeVersion = (typeof nodeVersions)[number];

const packages: Readonly<Record<Exclude<NodeVersion, "24">, string>> = {
  "18.0.0": "node18-first",
  "18": "node18",
  "20": "node20",
  "22": "node22",
};

/** The program of a version. They are installed when the first is wanted: `test/nodes/package.json` says which. */
export function nodeOfVersion(version: NodeVersion): string {
  if (version === "24") return repositoryNode;
  const modules = path.join(dir, "node_modules");
  if (!existsSync(modules)) install(modules);
  return path.join(modules, packages[version], "bin/node");
}

/** Beside its place first, for other tests may do the same at this moment. */
function install(modules: string): void {
  const stage = mkdtempSync(path.join(dir, "node_modules-"));
  try {
    for (const file of ["package.json", "package-lock.json", ".npmrc"]) {
      copyFileSync(path.join(dir, file), path.join(stage, file));
    }
    execFileSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: stage, stdio: "pipe" });
    renameSync(path.join(stage, "node_modules"), modules);
  } catch (error) {
    if (!existsSync(modules)) throw error;
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}
