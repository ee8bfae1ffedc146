import { createHash } from "node:crypto";

import { SyncError } from "../../base/errors.ts";
import type { ByteString } from "../../base/byte-string.ts";
import { textOfBytes } from "../../base/byte-string.ts";
import type { Entry } from "../../core/entry.ts";
import { preserveKeys } from "../../core/preserve.ts";
import type { Action } from "../../core/plan.ts";
import type { PlanHeader, PlannedAction, PlanDocument } from "./plan-document.ts";
import { planLimits, planVersion } from "./plan-document.ts";

type Json = Record<string, unknown>;

/** The first so many digits of a hash of the plan: enough for the plans of a lifetime, and short enough to type. */
const idLength = 8;

/** Writes a plan down, without its id, which follows from the rest. Returns the lines, each with its end, and the id. */
export function encodePlan({
  header,
  actions,
  problems,
  concerns,
}: Omit<PlanDocument, "header"> & { readonly header: Omit<PlanHeader, "id"> }): {
  id: string;
  lines: string[];
} {
  const first = encodeHeader(header);
  const lines = [
    ...actions.map((one) => lineOf(encodeAction(one))),
    ...problems.map(({ path, side, code, message }) =>
      lineOf({ type: "problem", ...bytes("path", path), side, code, message }),
    ),
    ...concerns.folded.map(([path, other]) =>
      lineOf({ type: "folded", ...bytes("path", path), ...bytes("other", other) }),
    ),
    ...concerns.nested.map((path) => lineOf({ type: "nested", ...bytes("path", path) })),
  ];
  if (lines.length > planLimits.lines || lines.some(({ length }) => length > planLimits.line / 3)) {
    throw new SyncError("STATE", `the plan is too large to be kept: it has ${lines.length} lines`, {
      hint: "Leave something out of it with --exclude, or run it without a saved plan.",
    });
  }
  lines.push(lineOf({ type: "end", lines: lines.length, actions: actions.length }));
  const hash = createHash("sha256").update(lineOf(first));
  for (let at = 0; at < lines.length; at += 1024) {
    hash.update(lines.slice(at, at + 1024).join(""));
  }
  const id = hash.digest("hex").slice(0, idLength);
  return { id, lines: [lineOf({ type: "plan", version: planVersion, id, ...first }), ...lines] };
}

// What JSON leaves as it is and a terminal or an editor obeys: DEL, C1, line separators, marks that switch directions.
const unsafe = /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

function lineOf(object: Json): string {
  const json = JSON.stringify(object).replace(
    unsafe,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `${json}\n`;
}

function encodeHeader(header: Omit<PlanHeader, "id">): Json {
  const { madeAt, source, target, preserve, single, modifyWindow, deleteLimit, room } = header;
  return {
    mode: "mirror",
    madeAt: new Date(madeAt).toISOString(),
    source,
    target,
    settings: {
      preserve: preserveKeys.filter((key) => preserve[key]),
      links: header.links,
      modifyWindow: modifyWindow ?? null,
      single:
        single === undefined
          ? null
          : { ...bytes("source", single.sourceName), ...bytes("target", single.targetName) },
      deleteLimit,
      accept: header.accept,
      versions: header.versions,
    },
    guards: header.guards,
    room: { bytes: room.bytes, freeBytes: room.freeBytes ?? null },
    checked: header.checked,
    targetEntries: header.targetEntries,
    skipped: header.skipped,
  };
}

function encodeAction({ number, phase, action, needs }: PlannedAction): Json {
  return {
    type: "action",
    number,
    phase,
    action: action.type,
    ...bytes("path", action.path),
    ...encodeRest(action),
    ...(needs.length > 0 && {
      needs: needs.map(([first, last]) => (first === last ? first : [first, last])),
    }),
  };
}

/** What an action has besides its path. */
function encodeRest(action: Action): Json {
  switch (action.type) {
    case "make-directory":
    case "put-symlink":
    case "put-special":
      return pairOf(action);
    case "put-file":
      return {
        ...(action.content !== undefined && bytes("content", action.content)),
        ...pairOf(action),
      };
    case "link":
      return { ...bytes("from", action.from), ...pairOf(action) };
    case "set-metadata":
      return { aspects: action.aspects, ...pairOf(action) };
    case "move":
    case "exchange": {
      const origin = action.type === "move" ? action.origin : undefined;
      const { entries, bytes: carried } = action.carries;
      return {
        ...bytes("from", action.from),
        ...(origin !== undefined && bytes("origin", origin)),
        carries: { entries, bytes: carried },
        ...pairOf(action),
      };
    }
    case "copy-file":
      return {
        ...bytes("from", action.from),
        ...pairOf(action),
        original: encodeEntry(action.original),
      };
    case "remove":
      return { expected: encodeEntry(action.expected) };
    case "remove-leftover":
      return { isDirectory: action.isDirectory };
    case "finish-directory":
      return { aspects: action.aspects, shown: action.shown, ...pairOf(action) };
  }
}

function pairOf({
  expected,
  entry,
}: {
  readonly expected: Entry | undefined;
  readonly entry: Entry;
}): Json {
  return {
    expected: expected === undefined ? null : encodeEntry(expected),
    entry: encodeEntry(entry),
  };
}

/** Times as seconds and nanoseconds; the mode as people write it; the inode, which may need 64 bits, as text. */
function encodeEntry(entry: Entry): Json {
  return {
    kind: entry.kind,
    size: entry.size,
    mtime: [entry.mtimeSec, entry.mtimeNs],
    ctime: [entry.ctimeSec, entry.ctimeNs],
    birth: [entry.birthSec, entry.birthNs],
    mode: entry.mode.toString(8),
    uid: entry.uid,
    gid: entry.gid,
    dev: entry.dev,
    inode: inodeText(entry),
    nlink: entry.nlink,
    blocks: entry.blocks,
    ...(entry.kind === "directory" && entry.closed && { closed: true }),
    ...(entry.kind === "symlink" && bytes("linkTarget", entry.linkTarget)),
    ...("rdev" in entry && { rdev: entry.rdev }),
    ...(entry.xattrs !== undefined && {
      xattrs: entry.xattrs.map(([name, value]) => [base64(name), base64(value)]),
    }),
  };
}

function inodeText({ inoHigh, inoLow }: Entry): string {
  if (inoHigh < 0x20_0000) return String(inoHigh * 0x1_0000_0000 + inoLow);
  return String((BigInt(inoHigh) << 32n) | BigInt(inoLow));
}

/** Bytes as the text that they are; where they are none, resembling text and the bytes themselves in base64. */
function bytes(key: string, value: ByteString): Json {
  const text = textOfBytes(value);
  if (text !== undefined) return { [key]: text };
  return {
    [key]: Buffer.from(value, "latin1").toString("utf8"),
    [`${key}Bytes`]: base64(value),
  };
}

function base64(value: ByteString): string {
  return Buffer.from(value, "latin1").toString("base64");
}
