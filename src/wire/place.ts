import type { Capabilities, RootInfo } from "../endpoint/endpoint.ts";
import { readPreserve, writePreserve } from "./options.ts";
import type { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** What is told of a replica's place when it is opened. */
export interface PlaceInfo {
  readonly root: RootInfo;
  readonly capabilities: Capabilities;
  /** Of the machine, as long as it runs. */
  readonly machine: string;
}

const kinds: readonly RootInfo["kind"][] = [
  "directory",
  "missing",
  "dangling",
  "file",
  "other",
  "unreadable",
];
const textBytes = 1 << 16;
const mostParts = 4096;

export function writePlace(out: Writer, { root, capabilities, machine }: PlaceInfo): void {
  out.oneOf(kinds, root.kind);
  const { dev, inoHigh, inoLow } = root.identity;
  out.f64(dev).f64(inoHigh).f64(inoLow);
  out.list(root.lineage, (it) => out.text(it)).list(root.missing, (it) => out.text(it));
  out.optional(root.mountPoint, (it) => out.text(it)).f64(root.device);
  out.optional(finite(root.freeBytes), (it) => out.f64(it));
  out.optional(root.freeInodes, (it) => out.f64(it));
  out.text(root.realPath);
  out.f64(capabilities.timeResolution);
  writePreserve(out, capabilities.keeps);
  const { privileged, linkTimes, symlinks, foldsCase, reflink } = capabilities;
  for (const flag of [privileged, linkTimes, symlinks, foldsCase, reflink]) out.bool(flag);
  out.text(machine);
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}

export function readPlace(from: Reader): PlaceInfo {
  const kind = from.oneOf(kinds);
  const identity = { dev: from.f64(), inoHigh: from.f64(), inoLow: from.f64() };
  const lineage = from.list(mostParts, () => from.text(textBytes));
  const missing = from.list(mostParts, () => from.text(textBytes));
  const [mountPoint, device] = [from.optional(() => from.text(textBytes)), from.f64()];
  const freeBytes = from.optional(() => from.f64()) ?? Infinity;
  const freeInodes = from.optional(() => from.f64());
  const realPath = from.text(textBytes);
  const place = { kind, identity, lineage, missing, mountPoint, device };
  const timeResolution = Math.max(1, from.f64());
  const keeps = readPreserve(from);
  const [privileged, linkTimes, symlinks] = [from.bool(), from.bool(), from.bool()];
  const [foldsCase, reflink] = [from.bool(), from.bool()];
  return {
    root: { ...place, freeBytes, freeInodes, realPath },
    capabilities: {
      timeResolution,
      keeps,
      privileged,
      linkTimes,
      symlinks,
      foldsCase,
      reflink,
      remote: true,
    },
    machine: from.text(textBytes),
  };
}

/** What is said when a place is opened. */
export type OpeningAnswer =
  | { readonly type: "place"; readonly place: PlaceInfo }
  /** A sentence for people. */
  | { readonly type: "notice"; readonly text: string };

const answerTypes: readonly OpeningAnswer["type"][] = ["place", "notice"];
/** Characters. */
const longestNotice = 2000;

export function writeOpeningAnswer(out: Writer, answer: OpeningAnswer): void {
  out.oneOf(answerTypes, answer.type);
  if (answer.type === "place") writePlace(out, answer.place);
  else out.text(answer.text.slice(0, longestNotice));
}

export function readOpeningAnswer(from: Reader): OpeningAnswer {
  const type = from.oneOf(answerTypes);
  if (type === "place") return { type, place: readPlace(from) };
  return { type, text: from.text(4 * longestNotice) };
}
