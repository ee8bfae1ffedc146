import { globSync, statSync } from "node:fs";
import path from "node:path";

import { run } from "./process.ts";

const ROOT = path.dirname(import.meta.dirname);

/** Builds `dist/` unless it is newer than everything it is made of, so that nobody measures yesterday's code. */
export async function ensureBuilt(signal: AbortSignal): Promise<void> {
  const built = statSync(path.join(ROOT, "dist/cli.js"), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const inputs = [
    ...globSync("src/**/*.ts", { cwd: ROOT, exclude: ["**/*.test.ts"] }),
    "package.json",
    "tsdown.config.ts",
  ];
  if (inputs.every((file) => statSync(path.join(ROOT, file)).mtimeMs < built)) return;
  console.error("Building dist/, which is older than src/ …");
  await run(["npm", "run", "--silent", "build"], { cwd: ROOT, env: process.env, signal });
}
