import type { ByteString } from "../base/byte-string.ts";
import type { Filter, FilterRule } from "../core/filter.ts";
import type { RelPath } from "../core/path.ts";
import { parseName, parseRelPath } from "../core/path.ts";
import type { Preserve } from "../core/preserve.ts";
import { preserveKeys } from "../core/preserve.ts";
import type { VersionRule } from "../core/version-thinning.ts";
import type {
  ApplyOptions,
  ChunkOptions,
  HashOptions,
  PackOptions,
  VersionsOfRun,
} from "../endpoint/endpoint.ts";
import type { ScanRequest } from "../endpoint/endpoint.ts";
import { extents, hashAlgorithms, linkModes, problemCodes, sides } from "./enums.ts";
import type { Reader } from "./reader.ts";
import { WireError } from "./wire-error.ts";
import type { Writer } from "./writer.ts";

/** Bytes of a path: the kernel's own limit, many times over, since ours is relative. */
export const pathBytes: number = 1 << 16;
const patternBytes = 1 << 16;
const mostRules = 1 << 16;
const stampBytes = 64;
const sentenceBytes = 1024;

/** What a scan is asked for, as far as it crosses. */
export type WireScan = Omit<ScanRequest, "contentOf" | "like">;

export function writePreserve(out: Writer, preserve: Preserve): void {
  let bits = 0;
  for (const [i, key] of preserveKeys.entries()) if (preserve[key]) bits |= 1 << i;
  out.u16(bits);
}

export function readPreserve(from: Reader): Preserve {
  const bits = from.u16();
  if (bits >= 1 << preserveKeys.length) throw new WireError("what is to be kept is not known here");
  const entries = preserveKeys.map((key, i) => [key, (bits & (1 << i)) !== 0] as const);
  return Object.fromEntries(entries) as unknown as Preserve;
}

export function readPath(from: Reader): RelPath {
  const path = parseRelPath(from.latin1(pathBytes));
  if (path === undefined) throw new WireError("a path is none");
  return path;
}

function writeFilter(out: Writer, { rules, minSize, maxSize }: Filter): void {
  out.list(rules, ({ pattern, origin }) => out.latin1(pattern).text(origin));
  out.optional(minSize, (it) => out.f64(it));
  out.optional(maxSize, (it) => out.f64(it));
}

function readFilter(from: Reader): Filter {
  const rules = from.list(mostRules, (): FilterRule => ({
    pattern: from.latin1(patternBytes),
    origin: from.text(patternBytes),
  }));
  const [minSize, maxSize] = [from.optional(() => from.f64()), from.optional(() => from.f64())];
  return { rules, minSize, maxSize };
}

export function writeScan(out: Writer, scan: WireScan): void {
  out.oneOf(sides, scan.side);
  writeFilter(out, scan.filter);
  out.oneOf(linkModes, scan.links).bool(scan.oneFileSystem).bool(scan.ignoreFiles);
  out.bool(scan.xattrs).bool(scan.acls);
  out.optional(scan.only, (name) => out.latin1(name));
}

export function readScan(from: Reader): WireScan {
  const side = from.oneOf(sides);
  const filter = readFilter(from);
  const links = from.oneOf(linkModes);
  const [oneFileSystem, ignoreFiles] = [from.bool(), from.bool()];
  const [xattrs, acls] = [from.bool(), from.bool()];
  const only = from.optional(() => parseName(from.latin1(pathBytes)) ?? refuseName());
  const flags = { oneFileSystem, ignoreFiles, xattrs, acls };
  return { side, filter, links, ...flags, ...(only !== undefined && { only }) };
}

function refuseName(): never {
  throw new WireError("a name is none");
}

export function writePackOptions(out: Writer, options: PackOptions): void {
  const { followLinks, asPlanned, xattrs, acls, compress } = options;
  for (const flag of [followLinks, asPlanned, xattrs, acls, compress]) out.bool(flag);
  out.u32(options.first ?? 0);
}

export function readPackOptions(from: Reader): PackOptions {
  const [followLinks, asPlanned, xattrs] = [from.bool(), from.bool(), from.bool()];
  const [acls, compress] = [from.bool(), from.bool()];
  return { followLinks, asPlanned, xattrs, acls, compress, first: from.u32() };
}

export function writeHashOptions(out: Writer, options: HashOptions): void {
  out.oneOf(hashAlgorithms, options.algorithm).oneOf(sides, options.side);
  out.bool(options.followLinks);
}

export function readHashOptions(from: Reader): HashOptions {
  const algorithm = from.oneOf(hashAlgorithms);
  return { algorithm, side: from.oneOf(sides), followLinks: from.bool() };
}

export function writeChunkOptions(out: Writer, options: ChunkOptions): void {
  out.oneOf(sides, options.side).bool(options.followLinks).oneOf(extents, options.extent);
}

export function readChunkOptions(from: Reader): ChunkOptions {
  const [side, followLinks] = [from.oneOf(sides), from.bool()];
  return { side, followLinks, extent: from.oneOf(extents) };
}

export function writeApplyOptions(out: Writer, options: ApplyOptions): void {
  writePreserve(out, options.preserve);
  out.bool(options.followLinks);
  out.bool(options.leavesRoot ?? false).bool(options.asPlanned ?? false);
  out.bool(options.again ?? false);
  out.optional(options.window, (it) => out.f64(it));
  out.optional(options.versions, (it) => writeVersions(out, it));
}

export function readApplyOptions(from: Reader): ApplyOptions {
  const preserve = readPreserve(from);
  const [followLinks, leavesRoot, asPlanned] = [from.bool(), from.bool(), from.bool()];
  const again = from.bool();
  const window = from.optional(() => from.f64());
  const versions = from.optional(() => readVersions(from));
  const flags = { preserve, followLinks, leavesRoot, asPlanned, again };
  return {
    ...flags,
    ...(window !== undefined && { window }),
    ...(versions !== undefined && { versions }),
  };
}

export function writeVersions(out: Writer, versions: VersionsOfRun): void {
  out.bool("stamp" in versions);
  if ("stamp" in versions) out.text(versions.stamp);
  else out.oneOf(problemCodes, versions.problem.code).text(versions.problem.message);
}

export function readVersions(from: Reader): VersionsOfRun {
  if (from.bool()) {
    const stamp = parseName(from.text(stampBytes) as ByteString) ?? refuseName();
    return { stamp };
  }
  const code = from.oneOf(problemCodes);
  return { problem: { code, message: from.text(sentenceBytes) } };
}

const keeps: readonly VersionRule["keep"][] = ["none", "trash", "tiered"];

export function writeVersionRule(out: Writer, rule: VersionRule): void {
  out.oneOf(keeps, rule.keep);
  if (rule.keep === "trash") out.f64(rule.age);
}

export function readVersionRule(from: Reader): VersionRule {
  const keep = from.oneOf(keeps);
  return keep === "trash" ? { keep, age: from.f64() } : { keep };
}
