/**
 * Proves that the rooms under `src/` keep to the table in `rooms.ts`: who imports whom, who may use `node:`, who reads
 * the environment, and that each room opens with a paragraph saying what it is. It knows files and their import
 * records and nothing of types; that pure rooms are pure in what they call is proved by `tsconfig.pure.json`.
 *
 * Usage: node scripts/layers.ts [DIRECTORY]
 */
import { globSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { type ImportFact, type ModuleFacts, readModule } from "./module-facts.ts";
import * as rules from "./rooms.ts";

/** Checks the tree below a `src` directory. Returns one sentence for each violation, in file order. */
export function checkLayers(src: string): string[] {
  const files = globSync("**/*.ts", { cwd: src }).map(toPosix).toSorted();
  const modules = new Map(
    files
      .filter((file) => !file.endsWith(".test.ts"))
      .map((file) => [file, readModule(file, readFileSync(path.join(src, file), "utf8"))]),
  );
  return [
    ...[...modules].flatMap(([file, facts]) => checkFile(file, facts)),
    ...checkHeaders(modules),
  ];
}

function checkFile(file: string, facts: ModuleFacts): string[] {
  const name = roomOf(file);
  const room = file === rules.LIBRARY_ENTRY ? rules.LIBRARY : rules.ROOMS[name];
  if (room === undefined) return [`src/${file}: no room of that name is in scripts/rooms.ts`];
  return [
    ...facts.imports.flatMap((fact) => {
      const wrong = checkImport(file, room, fact);
      return wrong === undefined ? [] : `src/${file}:${fact.line}: ${wrong}`;
    }),
    ...facts.opaqueImports.map((line) => `src/${file}:${line}: import() needs a plain string`),
    ...checkProcess(file, facts),
    ...(facts.lines > rules.MAX_LINES
      ? [`src/${file}: ${facts.lines} lines; more than ${rules.MAX_LINES} want to be two files`]
      : []),
  ];
}

function checkImport(file: string, room: rules.Room, fact: ImportFact): string | undefined {
  if (fact.reExport && file !== rules.LIBRARY_ENTRY) {
    return `re-exports ${fact.specifier}; only src/${rules.LIBRARY_ENTRY} may`;
  }
  if (fact.specifier.startsWith(".")) return checkRelative(file, room, fact);
  if (isBuiltin(fact.specifier)) {
    if (!fact.specifier.startsWith("node:")) return `write node:${fact.specifier}`;
    return rules.mayUseNode(file, room) ? undefined : `imports ${fact.specifier} in a pure room`;
  }
  if (room.node || room.packages?.includes(fact.specifier) === true) return undefined;
  return `imports the package ${fact.specifier} in a pure room`;
}

function checkRelative(file: string, room: rules.Room, fact: ImportFact): string | undefined {
  const target = path.posix.normalize(path.posix.join(path.posix.dirname(file), fact.specifier));
  if (target.startsWith("../")) {
    return rules.OUTSIDE.includes(target) ? undefined : `imports ${target}, which is outside src`;
  }
  const narrow = rules.NARROW.find(
    (rule) => rule.from.test(file) && rule.to.test(target) && rule.except?.test(target) !== true,
  );
  if (narrow !== undefined) return `imports ${target}; ${narrow.because}`;
  const [from, to] = [roomOf(file), roomOf(target)];
  if (from === to || room.imports.includes(to)) return undefined;
  if (room.types?.includes(to) === true) {
    return fact.typeOnly ? undefined : `${from} may import only types from ${to} (${target})`;
  }
  return `${from === "" ? "the library" : from} may not import ${to === "" ? target : to}`;
}

function checkProcess(file: string, facts: ModuleFacts): string[] {
  if (rules.PROGRAM_ENTRIES.includes(file)) return [];
  return facts.processUses.map(
    ({ name, line }) =>
      `src/${file}:${line}: uses process.${name}; only the first file of a program may`,
  );
}

/**
 * A room's main file is the one named like the room (or `main.ts`); in a room of many small files it is any that opens
 * by naming the room in backticks.
 */
function checkHeaders(modules: ReadonlyMap<string, ModuleFacts>): string[] {
  const rooms = new Set([...modules.keys()].map(roomOf).filter((room) => room !== ""));
  return [...rooms].flatMap((room) => {
    const hasHeader = [...modules].some(
      ([file, { opening }]) =>
        roomOf(file) === room &&
        (file === `${room}/${room}.ts` || file === `${room}/main.ts`
          ? opening !== ""
          : new RegExp(`^\`(src/)?${room}/?\``).test(opening)),
    );
    return hasHeader
      ? []
      : `src/${room}: no main file opens with a comment that says what \`${room}\` is`;
  });
}

function roomOf(file: string): string {
  const end = file.indexOf("/");
  return end === -1 ? "" : file.slice(0, end);
}

function toPosix(file: string): string {
  return file.split(path.sep).join("/");
}

if (import.meta.main) {
  const src = process.argv[2] ?? fileURLToPath(new URL("../src", import.meta.url));
  const violations = checkLayers(src);
  for (const violation of violations) console.error(violation);
  process.exitCode = violations.length === 0 ? 0 : 1;
}
