import type { TsdownPlugin, UserConfig } from "tsdown";

/**
 * How programs for other hosts are built: each is one file, with everything in it, for the oldest Node that will do. They are of the
 * older kind of module, which starts faster and can be loaded without waiting.
 */
export function carriedProgram(entry: Record<string, string>): UserConfig {
  return {
    entry,
    clean: false,
    deps: { alwaysBundle: [/./], onlyBundle: ["hash-wasm"] },
    dts: false,
    fixedExtension: true,
    format: "cjs",
    // Packages come as modules, so that what nobody calls stays at home.
    inputOptions: { resolve: { mainFields: ["module", "main"] } },
    logLevel: "warn",
    outputOptions: { codeSplitting: false },
    platform: "node",
    plugins: [lateBuiltins()],
    report: false,
    target: "node18",
  };
}

const statement =
  /^let (node_\w+) = require\("(node:(?:child_process|crypto|events|fs\/promises|url|zlib))"\);$/gm;

/**
 * Loads what only an agent that starts an ssh needs, and no thread of any, when it is first used: `node:child_process` alone costs
 * more than the rest of the start.
 */
function lateBuiltins(): TsdownPlugin {
  return {
    name: "late-builtins",
    renderChunk: (code) =>
      code.replaceAll(
        statement,
        (_line, name: string, module: string) =>
          `let ${name} = new Proxy({}, { get: (_, name) => require("${module}")[name] });`,
      ),
  };
}
