import type { TsdownPlugin, UserConfig } from "tsdown";

const common: UserConfig = {
  clean: false,
  dts: false,
  fixedExtension: true,
  format: "cjs",
  logLevel: "warn",
  platform: "node",
  report: false,
  outputOptions: { codeSplitting: false },
};

/** What is needed to build programs for other hosts: each is one file, with everything in it, for versions of Node that are old. */
export function carriedProgram(entry: Record<string, string>): UserConfig {
  return {
    ...common,
    entry,
    target: "node18",
    // Packages come as modules, so that what nobody calls stays at home.
    inputOptions: { resolve: { mainFields: ["module", "main"] } },
    deps: { alwaysBundle: [/./], onlyBundle: ["hash-wasm"] },
  };
}

/** The program that comes first: on one line, since a shell reads it, and in words that the oldest Node understands. */
export function bootstrapProgram(entry: Record<string, string>): UserConfig {
  return { ...common, entry, target: "es2015", minify: true, plugins: [plainBuiltins()] };
}

/** Before Node 14.18 modules of Node's own had no prefix. */
function plainBuiltins(): TsdownPlugin {
  return {
    name: "plain-builtins",
    renderChunk: (code) => code.replaceAll(/\brequire\((["'`])node:/g, "require($1"),
  };
}
