import type { TsdownPlugin } from "tsdown";

const statement = /^import (?:(\w+)|\{([^}]*)\}) from "(node:[\w/]+)";$/gm;

/** Loaded by a library that a start needs, for something that Syncline never does with it. */
const rarelyUsed: ReadonlySet<string> = new Set(["node:child_process"]);

/**
 * Takes what a bundle imports from Node's own modules from these directly. An `import` of one makes Node read every name
 * that it exports, and so load whatever stands behind each: for `node:fs` alone, promises, streams and watchers. Measured,
 * that was a fifth of the time in which a small tree is mirrored.
 */
export function directBuiltins(): TsdownPlugin {
  return {
    name: "direct-builtins",
    renderChunk(code) {
      return code.replaceAll(
        statement,
        (_line, whole: string | undefined, names: string | undefined, module: string) => {
          const source = `globalThis.process.getBuiltinModule("${module}")`;
          if (whole === undefined) return `const {${names!.replaceAll(" as ", ": ")}} = ${source};`;
          return rarelyUsed.has(module)
            ? `const ${whole} = new Proxy({}, { get: (_, name) => ${source}[name] });`
            : `const ${whole} = ${source};`;
        },
      );
    },
  };
}
