import { defineConfig, type UserConfig } from "tsdown";

import { carriedProgram } from "./scripts/agent-bundle.ts";
import { directBuiltins } from "./scripts/direct-builtins.ts";

/**
 * What runs on its own, and the name it has in `dist/`. Each is built alone, so that starting one loads one file and
 * whatever it imports with `import()` when it first needs it. A worker is started by the name given here.
 */
const PROGRAMS: Record<string, string> = {
  cli: "src/cli/main.ts",
  worker: "src/endpoint/local/worker.ts",
  "state-worker": "src/state/state-worker.ts",
};

const common: UserConfig = {
  clean: false,
  deps: { onlyBundle: ["commander", "croner"] },
  fixedExtension: false,
  format: "esm",
  logLevel: "warn",
  platform: "node",
  report: false,
  target: "node24",
};

const configs: UserConfig[] = defineConfig([
  { ...common, clean: true, dts: true, entry: { index: "src/index.ts" } },
  ...Object.entries(PROGRAMS).map(([name, file]) => ({
    ...common,
    dts: false,
    entry: { [name]: file },
    plugins: [directBuiltins()],
  })),
  carriedProgram({ agent: "src/agent/main.ts" }),
  { ...carriedProgram({ bootstrap: "src/agent/bootstrap.ts" }), minify: true },
]);

export default configs;
