import type { Location } from "../core/location.ts";
import { preserveAll } from "../core/preserve.ts";
import type { ScanRequest } from "../endpoint/endpoint.ts";
import { scanRequestOf } from "../engine/make-plan.ts";
import type { SourceScan } from "../engine/scan-both.ts";
import type { LostPlace, SourcePlace, TargetPlace } from "./places.ts";
import { isThere, sourceScanOf } from "./places.ts";
import type { MirrorRequest } from "./request.ts";

/** A scan of the source that was begun before it was known what the targets can keep. */
export interface EarlyScan {
  readonly request: ScanRequest;
  readonly chunks: Extract<SourceScan, { type: "begun" }>["chunks"];
  /** Ends it, where something else is wanted after all. */
  readonly drop: () => void;
}

/**
 * Begins to scan a source that is here while targets elsewhere are being reached: logging in takes about as long as looking
 * at a tree. It asks for what a target that can keep everything would want, as nearly all of their kind can.
 */
export function scanEarly(
  request: MirrorRequest,
  source: SourcePlace,
  targets: readonly Location[],
  signal: AbortSignal,
): EarlyScan | undefined {
  const isFar = targets.some(({ type }) => type !== "local");
  // What content is read with depends on where the target is.
  const isPlain = source.file === undefined && request.compare !== "content";
  if (!isFar || !isPlain || source.endpoint.capabilities.remote || !isThere(source.root)) return;
  const { keeps } = source.endpoint.capabilities;
  // SFTP has neither.
  const canKeep = targets.some(({ type }) => type !== "sftp");
  const keptIf = (key: "xattrs" | "acls"): boolean =>
    canKeep && keeps[key] && (request.preserve.get(key) ?? true);
  const preserve = { ...preserveAll, xattrs: keptIf("xattrs"), acls: keptIf("acls") };
  const wanted = scanRequestOf(request, preserve, "source");
  const over = new AbortController();
  const chunks = source.endpoint.scan(wanted, AbortSignal.any([signal, over.signal]));
  return { request: wanted, chunks, drop: () => over.abort() };
}

/** The scan that serves all targets: begun, or still to be. Nothing where there is nothing to scan, or nobody to scan for. */
export function beginScan(
  request: MirrorRequest,
  source: SourcePlace,
  places: readonly (TargetPlace | LostPlace)[],
  early: EarlyScan | undefined,
  signal: AbortSignal,
): SourceScan | undefined {
  const targets = places.filter((place): place is TargetPlace => "root" in place);
  const [target] = targets;
  if (target === undefined || !isThere(source.root)) {
    early?.drop();
    return undefined;
  }
  const wanted = sourceScanOf(request, source, targets);
  if (early !== undefined) {
    const { xattrs, acls } = early.request;
    if (wanted.xattrs === xattrs && wanted.acls === acls)
      return { type: "begun", chunks: early.chunks };
    early.drop();
  }
  // Rows that are sent are worth being asked for along with the target's, so that some need not be.
  const isSent = source.endpoint.capabilities.remote && !target.endpoint.capabilities.remote;
  if (isSent && targets.length === 1) return { type: "wanted", request: wanted };
  return { type: "begun", chunks: source.endpoint.scan(wanted, signal) };
}
