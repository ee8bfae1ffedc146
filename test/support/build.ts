import { execFileSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import path from "node:path";

const repository = path.resolve(import.meta.dirname, "../..");

/** Vitest calls this once before all tests: what they start is `dist/`, so it must not be older than its source. */
export default function setup(): void {
  const built = Math.min(
    ...["cli.js", "worker.js", "state-worker.js", "agent.cjs", "bootstrap.cjs", "index.js"].map(
      (file) => age(`dist/${file}`),
    ),
  );
  const changed = Math.max(
    ...["package.json", "tsdown.config.ts"].map(age),
    ...readdirSync(path.join(repository, "src"), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
      .map((file) => age(`src/${file}`)),
  );
  if (built > changed) return;
  execFileSync("npm", ["run", "-s", "build"], { cwd: repository, stdio: "inherit" });
}

function age(file: string): number {
  return statSync(path.join(repository, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
