import { parseSync, Visitor } from "oxc-parser";

/** One import, re-export, `import()` or `import("…").Type`. */
export interface ImportFact {
  readonly specifier: string;
  readonly line: number;
  readonly typeOnly: boolean;
  readonly reExport: boolean;
}

/** What the layer rules ask of one source file. */
export interface ModuleFacts {
  readonly imports: readonly ImportFact[];
  /** Where the module touches `process.env`, `process.exit` and their like. */
  readonly processUses: readonly { readonly name: string; readonly line: number }[];
  /** `import()` of something that is not a plain string, by line: no rule could follow it. */
  readonly opaqueImports: readonly number[];
  /** Text of the comment the file opens with, without its markers; empty if it opens with code. */
  readonly opening: string;
  readonly lines: number;
}

const WATCHED: readonly string[] = ["env", "exit", "exitCode", "abort", "loadEnvFile"];

export function readModule(file: string, source: string): ModuleFacts {
  const parsed = parseSync(file, source);
  const [error] = parsed.errors;
  if (error !== undefined) throw new Error(`${file}: ${error.message}`);
  const lineAt = (offset: number): number => source.slice(0, offset).split("\n").length;
  const found = visitModule(parsed.program, lineAt);
  const [comment] = parsed.comments;
  const opensFile = comment !== undefined && source.slice(0, comment.start).trim() === "";
  return {
    ...found,
    imports: [...staticImports(parsed.module, lineAt), ...found.imports],
    opening: opensFile ? comment.value.replaceAll(/^[\s*/]+/gm, "").trim() : "",
    lines: source.split("\n").length - (source.endsWith("\n") ? 1 : 0),
  };
}

type Parsed = ReturnType<typeof parseSync>;
type LineAt = (offset: number) => number;

function staticImports(records: Parsed["module"], lineAt: LineAt): ImportFact[] {
  const imports = records.staticImports.map((statement) => ({
    specifier: statement.moduleRequest.value,
    line: lineAt(statement.start),
    typeOnly: statement.entries.length > 0 && statement.entries.every((entry) => entry.isType),
    reExport: false,
  }));
  const exports = records.staticExports.flatMap((statement) =>
    statement.entries.flatMap((entry) =>
      entry.moduleRequest === null
        ? []
        : {
            specifier: entry.moduleRequest.value,
            line: lineAt(statement.start),
            typeOnly: entry.isType,
            reExport: true,
          },
    ),
  );
  return [...imports, ...exports];
}

function visitModule(
  program: Parsed["program"],
  lineAt: LineAt,
): Pick<ModuleFacts, "imports" | "processUses" | "opaqueImports"> {
  const imports: ImportFact[] = [];
  const processUses: { name: string; line: number }[] = [];
  const opaqueImports: number[] = [];
  const use = (name: string, start: number): void => {
    if (WATCHED.includes(name)) processUses.push({ name, line: lineAt(start) });
  };
  new Visitor({
    ImportExpression(node) {
      const { source } = node;
      const line = lineAt(node.start);
      if (source.type === "Literal" && typeof source.value === "string") {
        imports.push({ specifier: source.value, line, typeOnly: false, reExport: false });
      } else {
        opaqueImports.push(line);
      }
    },
    TSImportType(node) {
      const line = lineAt(node.start);
      imports.push({ specifier: node.source.value, line, typeOnly: true, reExport: false });
    },
    MemberExpression(node) {
      if (!isProcess(node.object)) return;
      if (node.property.type === "Identifier") use(node.property.name, node.start);
      else if (node.property.type === "Literal") use(String(node.property.value), node.start);
    },
    VariableDeclarator(node) {
      if (node.init === null || !isProcess(node.init) || node.id.type !== "ObjectPattern") return;
      for (const property of node.id.properties) {
        if (property.type === "Property" && property.key.type === "Identifier") {
          use(property.key.name, property.start);
        }
      }
    },
    ImportDeclaration(node) {
      if (node.source.value !== "node:process") return;
      for (const specifier of node.specifiers) {
        if (specifier.type !== "ImportSpecifier") continue;
        if (specifier.imported.type === "Identifier") use(specifier.imported.name, node.start);
      }
    },
  }).visit(program);
  return { imports, processUses, opaqueImports };
}

interface SyntaxNode {
  readonly type: string;
}

/** `process`, `globalThis.process`. */
function isProcess(node: SyntaxNode): boolean {
  const { name, property } = node as SyntaxNode & { name?: unknown; property?: SyntaxNode };
  if (node.type === "Identifier") return name === "process";
  return node.type === "MemberExpression" && property !== undefined && isProcess(property);
}
