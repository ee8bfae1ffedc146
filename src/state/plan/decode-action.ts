import type { DirectoryEntry, Entry, FileEntry, Leaf } from "../../core/entry.ts";
import type { Name, RelPath } from "../../core/path.ts";
import { baseName, parseRelPath } from "../../core/path.ts";
import type { PlanStep } from "../../core/plan-check.ts";
import type { Action, ActionType, Aspect, Carried, Phases } from "../../core/plan.ts";
import { decodeEntry } from "./decode-entry.ts";
import type { Fields } from "./fields.ts";
import {
  BadLine,
  booleanOf,
  bytesOf,
  fieldsOf,
  integerOf,
  listOf,
  quoted,
  wordOf,
} from "./fields.ts";
import type { OwnNames } from "./plan-document.ts";
import { phaseTypes, planLimits } from "./plan-document.ts";

/** Bytes: far more than any system call takes. */
const pathLimit = 65_536;

const aspects: Readonly<Record<Aspect, true>> = {
  kind: true,
  content: true,
  times: true,
  mode: true,
  owner: true,
  group: true,
  xattrs: true,
  "link-target": true,
  device: true,
  links: true,
};

const pair = ["expected", "entry"];
const from = ["from", "fromBytes"];
const carried = [...from, "carries", ...pair];

/** The fields of each action besides those that all have. */
const typeFields: Readonly<Record<ActionType, readonly string[]>> = {
  "make-directory": pair,
  "put-file": ["content", "contentBytes", ...pair],
  "put-symlink": pair,
  "put-special": pair,
  link: [...from, ...pair],
  "set-metadata": ["aspects", ...pair],
  move: [...carried, "origin", "originBytes"],
  exchange: carried,
  "copy-file": [...from, ...pair, "original"],
  remove: ["expected"],
  "remove-leftover": ["isDirectory"],
  "finish-directory": ["aspects", "shown", ...pair],
};

const commonFields = ["type", "number", "phase", "action", "path", "pathBytes", "needs"];
const knownFields = new Map(
  Object.entries(typeFields).map(([type, own]) => [type, new Set([...commonFields, ...own])]),
);

/** An action as a plan has it, on its own: that it is there once and in its order is not looked at. Throws {@link BadLine}. */
export function decodeAction(value: Fields, line: number, names: OwnNames): PlanStep {
  const type = wordOf(value["action"], "action", typeFields);
  const fields = fieldsOf(value, `the action ${type}`, knownFields.get(type)!);
  const phase = wordOf(fields["phase"], "phase", phaseTypes) satisfies keyof Phases;
  if (!phaseTypes[phase].includes(type)) throw new BadLine(`${type} does not belong to ${phase}`);
  const number = integerOf(fields["number"], "number", planLimits.lines, 1);
  return {
    number,
    line,
    phase,
    action: decodeBody(type, fields, names),
    needs: decodeNeeds(fields["needs"], number),
  };
}

function decodeBody(type: ActionType, fields: Fields, names: OwnNames): Action {
  switch (type) {
    case "make-directory":
    case "put-file":
    case "put-symlink":
    case "put-special":
    case "link":
      return decodePut(type, fields, names);
    case "set-metadata": {
      const { expected, entry } = pairOf(fields);
      if (expected?.kind !== entry.kind) throw new BadLine("expected and entry differ in kind");
      const path = pathOf(fields, "path", names);
      return { type, path, expected, entry, aspects: aspectsOf(fields) };
    }
    case "move":
    case "exchange":
      return decodeMove(type, fields, names);
    case "copy-file": {
      const { expected, entry } = pairOf(fields);
      const original = decodeEntry(fields["original"], "original");
      return {
        type,
        ...twoPaths(fields, names),
        expected,
        entry: fileOnly(entry, "entry"),
        original: fileOnly(original, "original"),
      };
    }
    case "remove":
      return {
        type,
        path: pathOf(fields, "path", names),
        expected: decodeEntry(fields["expected"], "expected"),
      };
    case "remove-leftover":
      return {
        type,
        path: leftoverPath(fields, names),
        isDirectory: booleanOf(fields["isDirectory"], "isDirectory"),
      };
    case "finish-directory": {
      const { expected, entry } = pairOf(fields);
      return {
        type,
        path: fields["path"] === "" ? ("" as RelPath) : pathOf(fields, "path", names),
        expected: expected === undefined ? undefined : directoryOnly(expected, "expected"),
        entry: directoryOnly(entry, "entry"),
        aspects: aspectsOf(fields),
        shown: booleanOf(fields["shown"], "shown"),
      };
    }
  }
}

function decodePut(
  type: "make-directory" | "put-file" | "put-symlink" | "put-special" | "link",
  fields: Fields,
  names: OwnNames,
): Action {
  const { expected, entry } = pairOf(fields);
  const path = pathOf(fields, "path", names);
  switch (type) {
    case "make-directory":
      return { type, path, expected, entry: directoryOnly(entry, "entry") };
    case "put-file": {
      const content = fields["content"] === undefined ? {} : { content: contentPath(fields) };
      return { type, ...content, path, expected, entry: fileOnly(entry, "entry") };
    }
    case "put-symlink":
      if (entry.kind !== "symlink") throw new BadLine("entry is no symlink");
      return { type, path, expected, entry };
    case "put-special":
      if (entry.kind === "file" || entry.kind === "directory" || entry.kind === "symlink") {
        throw new BadLine(`put-special cannot make a ${entry.kind}`);
      }
      return { type, path, expected, entry };
    case "link":
      return { type, ...twoPaths(fields, names), expected, entry: leafOnly(entry, "entry") };
  }
}

function decodeMove(type: "move" | "exchange", fields: Fields, names: OwnNames): Action {
  const paths = twoPaths(fields, names);
  const { expected, entry } = pairOf(fields);
  const carries = decodeCarried(fields["carries"]);
  const [a, b] = [`${paths.path}/`, `${paths.from}/`];
  if (a.startsWith(b) || (type === "exchange" && b.startsWith(a))) {
    throw new BadLine("nothing can move into itself");
  }
  if (type === "exchange") {
    if (expected === undefined) throw new BadLine("an exchange expects something at either path");
    return { type, ...paths, expected, entry, carries };
  }
  if (entry.kind === "directory" && expected !== undefined) {
    throw new BadLine("a directory replaces nothing when it moves");
  }
  const origin = fields["origin"] === undefined ? {} : { origin: pathOf(fields, "origin", names) };
  const replaced = expected === undefined ? undefined : leafOnly(expected, "expected");
  return { type, ...paths, ...origin, expected: replaced, entry, carries };
}

const carriedFields = new Set(["entries", "bytes"]);

function decodeCarried(value: unknown): Carried {
  const fields = fieldsOf(value, "carries", carriedFields);
  const entries = integerOf(fields["entries"], "entries of carries", 2) as Carried["entries"];
  return { entries, bytes: integerOf(fields["bytes"], "bytes of carries") };
}

/** The one place where bytes of a plan become a path. The root itself is no path of an action, but where said. */
function pathOf(fields: Fields, key: string, names: OwnNames): RelPath {
  const path = bytesToPath(fields, key);
  const components = path.split("/") as Name[];
  if (names.isOwn(path) || components.some(names.isTemporary)) {
    throw new BadLine(`${key} ${quoted(path)} is Syncline's own, and no plan's to touch`);
  }
  return path;
}

/** What a killed run left is removed without a look at what it is, so it has to have a name that only Syncline gives. */
function leftoverPath(fields: Fields, names: OwnNames): RelPath {
  const path = bytesToPath(fields, "path");
  const components = path.split("/") as Name[];
  const around = components.slice(0, -1);
  if (names.isOwn(path) || around.some(names.isTemporary) || !names.isTemporary(baseName(path))) {
    throw new BadLine(`path ${quoted(path)} is not the name of a leftover`);
  }
  return path;
}

/** In the source, where nothing is done but reading. */
function contentPath(fields: Fields): RelPath {
  return bytesToPath(fields, "content");
}

function bytesToPath(fields: Fields, key: string): RelPath {
  const bytes = bytesOf(fields, key, pathLimit);
  const path = parseRelPath(bytes);
  if (path !== undefined && path !== "") return path;
  throw new BadLine(`${key} ${quoted(bytes)} is not a path below the root`);
}

function twoPaths(
  fields: Fields,
  names: OwnNames,
): { readonly path: RelPath; readonly from: RelPath } {
  const paths = { path: pathOf(fields, "path", names), from: pathOf(fields, "from", names) };
  if (paths.path === paths.from) throw new BadLine("path and from are the same");
  return paths;
}

function pairOf(fields: Fields): { readonly expected: Entry | undefined; readonly entry: Entry } {
  const { expected } = fields;
  return {
    expected: expected === null ? undefined : decodeEntry(expected, "expected"),
    entry: decodeEntry(fields["entry"], "entry"),
  };
}

function aspectsOf(fields: Fields): Aspect[] {
  const list = listOf(fields["aspects"], "aspects", Object.keys(aspects).length);
  return list.map((aspect) => wordOf(aspect, "an aspect", aspects));
}

function decodeNeeds(value: unknown, number: number): PlanStep["needs"] {
  if (value === undefined) return [];
  return listOf(value, "needs", planLimits.lines).map((span): [number, number] => {
    const [first, last, ...rest] = Array.isArray(span) ? (span as unknown[]) : [span, span];
    const from = integerOf(first, "the beginning of a span of needs", planLimits.lines, 1);
    const to = integerOf(last, "the end of a span of needs", planLimits.lines, from);
    if (rest.length > 0 || (from <= number && number <= to)) {
      throw new BadLine("needs holds something else than numbers of other actions");
    }
    return [from, to];
  });
}

function fileOnly(entry: Entry, what: string): FileEntry {
  if (entry.kind === "file") return entry;
  throw new BadLine(`${what} is no file`);
}

function directoryOnly(entry: Entry, what: string): DirectoryEntry {
  if (entry.kind === "directory") return entry;
  throw new BadLine(`${what} is no directory`);
}

function leafOnly(entry: Entry, what: string): Leaf {
  if (entry.kind !== "directory") return entry;
  throw new BadLine(`${what} is a directory`);
}
