import { isAbsolute } from "node:path";

import type { ByteString } from "../../base/byte-string.ts";
import type { DeleteLimit, GuardName, GuardTrip } from "../../core/guards.ts";
import { guardNames } from "../../core/guards.ts";
import type { Name } from "../../core/path.ts";
import { parseName } from "../../core/path.ts";
import type { LinkMode, Preserve, PreserveKey } from "../../core/preserve.ts";
import { preserveKeys } from "../../core/preserve.ts";
import type { VersionRule } from "../../core/version-thinning.ts";
import type { Fields } from "./fields.ts";
import {
  BadLine,
  booleanOf,
  bytesOf,
  fieldsOf,
  integerOf,
  listOf,
  textOf,
  wordOf,
} from "./fields.ts";
import type { PlanHeader, PlannedRoot } from "./plan-document.ts";
import { planVersion } from "./plan-document.ts";

const textLimit = 65_536;

const headerFields = new Set(
  (
    "type version id mode madeAt source target settings guards room checked targetEntries " +
    "skipped"
  ).split(" "),
);
const settingsFields = new Set(
  "preserve links modifyWindow single deleteLimit accept versions".split(" "),
);
const rootFields = new Set(["location", "path", "exists", "identity"]);
const singleFields = new Set(["source", "sourceBytes", "target", "targetBytes"]);
const limitFields = new Set(["type", "count", "percent", "atLeast"]);
const ruleFields = new Set(["keep", "age"]);
const guardFields = new Set(["guard", "saw", "would", "advice"]);
const roomFields = new Set(["bytes", "freeBytes"]);

const linkModes: Readonly<Record<LinkMode, true>> = {
  keep: true,
  follow: true,
  skip: true,
  safe: true,
};
const guards = Object.fromEntries(guardNames.map((name) => [name, true])) as Record<
  GuardName,
  true
>;
const keys = Object.fromEntries(preserveKeys.map((key) => [key, true])) as Record<
  PreserveKey,
  true
>;

/** The first line of a plan. Throws {@link BadLine}. */
export function decodeHeader(value: unknown): PlanHeader {
  const isPlan = typeof value === "object" && value !== null && "type" in value;
  if (!isPlan || value.type !== "plan") throw new BadLine("this is not a plan of Syncline's");
  const { version } = value as Fields;
  if (version !== planVersion) {
    throw new BadLine(`this is a plan of version ${JSON.stringify(version)}, which cannot be read`);
  }
  const fields = fieldsOf(value, "the first line", headerFields);
  if (fields["mode"] !== "mirror") throw new BadLine("this is not a plan of a mirror");
  const id = textOf(fields["id"], "id", 64);
  if (!/^[0-9a-f]{4,64}$/.test(id)) throw new BadLine("id is not an id");
  return {
    id,
    madeAt: decodeMoment(fields["madeAt"]),
    source: decodeRoot(fields["source"], "source"),
    target: decodeRoot(fields["target"], "target"),
    ...decodeSettings(fields["settings"]),
    guards: listOf(fields["guards"], "guards", 100).map(decodeGuard),
    room: decodeRoom(fields["room"]),
    checked: integerOf(fields["checked"], "checked"),
    targetEntries: integerOf(fields["targetEntries"], "targetEntries"),
    skipped: integerOf(fields["skipped"], "skipped"),
  };
}

function decodeMoment(value: unknown): number {
  const text = textOf(value, "madeAt", 40);
  const ms = Date.parse(text);
  if (Number.isNaN(ms) || new Date(ms).toISOString() !== text) {
    throw new BadLine("madeAt is not a moment");
  }
  return ms;
}

function decodeRoot(value: unknown, what: string): PlannedRoot {
  const fields = fieldsOf(value, what, rootFields);
  const path = textOf(fields["path"], `path of ${what}`, textLimit);
  const isFixed = isAbsolute(path) || /^(ssh|sftp):\/\//.test(path);
  if (!isFixed || path.includes("\0")) {
    throw new BadLine(`path of ${what} does not begin at the top`);
  }
  return {
    location: textOf(fields["location"], `location of ${what}`, textLimit),
    path,
    exists: booleanOf(fields["exists"], `exists of ${what}`),
    identity: textOf(fields["identity"], `identity of ${what}`, textLimit),
  };
}

type Settings = Pick<
  PlanHeader,
  "preserve" | "links" | "modifyWindow" | "single" | "deleteLimit" | "accept" | "versions"
>;

function decodeSettings(value: unknown): Settings {
  const fields = fieldsOf(value, "settings", settingsFields);
  const { modifyWindow, single } = fields;
  const accept = listOf(fields["accept"], "accept", guardNames.length);
  return {
    preserve: decodePreserve(fields["preserve"]),
    links: wordOf(fields["links"], "links", linkModes),
    modifyWindow: modifyWindow === null ? undefined : integerOf(modifyWindow, "modifyWindow"),
    single: single === null ? undefined : decodeSingle(single),
    deleteLimit: decodeLimit(fields["deleteLimit"]),
    versions: decodeRule(fields["versions"]),
    accept: accept.map((guard) => wordOf(guard, "a guard of accept", guards)),
  };
}

function decodePreserve(value: unknown): Preserve {
  const kept = listOf(value, "preserve", preserveKeys.length);
  const names = new Set(kept.map((key) => wordOf(key, "what is preserved", keys)));
  const pairs = preserveKeys.map((key) => [key, names.has(key)] as const);
  return Object.fromEntries(pairs) as Record<PreserveKey, boolean>;
}

function decodeSingle(value: unknown): PlanHeader["single"] {
  const fields = fieldsOf(value, "single", singleFields);
  const nameOf = (key: string): Name => {
    const name = parseName(bytesOf(fields, key, textLimit) satisfies ByteString);
    if (name === undefined) throw new BadLine(`${key} of single is not a name`);
    return name;
  };
  return { sourceName: nameOf("source"), targetName: nameOf("target") };
}

function decodeLimit(value: unknown): DeleteLimit {
  const fields = fieldsOf(value, "deleteLimit", limitFields);
  if (fields["type"] === "count") {
    return { type: "count", count: integerOf(fields["count"], "count of deleteLimit") };
  }
  const { type, percent, atLeast } = fields;
  if (type !== "percent" || typeof percent !== "number" || !(percent >= 0 && percent <= 100)) {
    throw new BadLine("deleteLimit is not a limit");
  }
  return { type, percent, atLeast: integerOf(atLeast, "atLeast of deleteLimit") };
}

function decodeRule(value: unknown): VersionRule {
  const { keep, age } = fieldsOf(value, "versions", ruleFields);
  if (keep === "trash") return { keep, age: integerOf(age, "age of versions") };
  if (keep === "none" || keep === "tiered") return { keep };
  throw new BadLine("versions is not a rule");
}

function decodeGuard(value: unknown): GuardTrip {
  const fields = fieldsOf(value, "a guard", guardFields);
  const sentence = (key: string): string =>
    textOf(fields[key], `${key} of a guard`, 16 * textLimit);
  return {
    guard: wordOf(fields["guard"], "the name of a guard", guards),
    saw: sentence("saw"),
    would: sentence("would"),
    advice: sentence("advice"),
  };
}

function decodeRoom(value: unknown): PlanHeader["room"] {
  const fields = fieldsOf(value, "room", roomFields);
  const { freeBytes } = fields;
  return {
    bytes: integerOf(fields["bytes"], "bytes of room"),
    freeBytes: freeBytes === null ? undefined : integerOf(freeBytes, "freeBytes of room"),
  };
}
