import type { UserConfig } from "tsdown";

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
    report: false,
    target: "node18",
  };
}
