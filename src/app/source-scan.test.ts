import { describe, expect, test } from "vitest";

import { parseLocation } from "../config/location.ts";
import { preserveAll } from "../core/preserve.ts";
import type { Endpoint, RootInfo, ScanRequest } from "../endpoint/endpoint.ts";
import type { SourcePlace, TargetPlace } from "./places.ts";
import type { MirrorRequest } from "./request.ts";
import { beginScan, scanEarly } from "./source-scan.ts";

const request = {
  compare: "size+mtime",
  preserve: new Map(),
  links: "keep",
} as Partial<MirrorRequest>;
const plain = request as MirrorRequest;
const root = { kind: "directory" } as RootInfo;

/** A source that counts its scans, and knows which of them were ended. */
function newSource(remote = false): {
  readonly place: SourcePlace;
  readonly scans: { readonly request: ScanRequest; readonly signal: AbortSignal }[];
} {
  const scans: { request: ScanRequest; signal: AbortSignal }[] = [];
  const scan: Endpoint["scan"] = (wanted, signal) => {
    scans.push({ request: wanted, signal });
    return (async function* () {})();
  };
  const capabilities = { remote, keeps: preserveAll };
  const endpoint = { capabilities, scan } as unknown as Endpoint;
  return { place: { where: parseLocation("s"), endpoint, root, file: undefined }, scans };
}

function target(xattrs: boolean): TargetPlace {
  const endpoint = { capabilities: { remote: true } } as Endpoint;
  return { endpoint, root, preserve: { ...preserveAll, xattrs } } as TargetPlace;
}

const never = new AbortController().signal;

describe("a scan of the source that is begun while a target is being reached", () => {
  const far = [parseLocation("host:dir")];

  test("serves a target that keeps what was thought of it", () => {
    const { place, scans } = newSource();
    const early = scanEarly(plain, place, far, never);
    const scan = beginScan(plain, place, [target(true)], early, never);
    expect([scans.length, scans[0]?.signal.aborted]).toEqual([1, false]);
    expect(scan).toEqual({ type: "begun", chunks: early?.chunks });
  });

  test("is ended, and begun anew, for one that does not", () => {
    const { place, scans } = newSource();
    const early = scanEarly(plain, place, far, never);
    beginScan(plain, place, [target(false)], early, never);
    expect(scans.map(({ request: { xattrs }, signal }) => [xattrs, signal.aborted])).toEqual([
      [true, true],
      [false, false],
    ]);
  });

  test("is ended where no target was reached", () => {
    const { place, scans } = newSource();
    const early = scanEarly(plain, place, far, never);
    expect(beginScan(plain, place, [], early, never)).toBeUndefined();
    expect(scans.map(({ signal }) => signal.aborted)).toEqual([true]);
  });

  test("asks for no attributes where SFTP was asked for", () => {
    const { place, scans } = newSource();
    scanEarly(plain, place, [parseLocation("sftp://host/dir")], never);
    expect(scans.map(({ request: { xattrs, acls } }) => [xattrs, acls])).toEqual([[false, false]]);
  });

  test.each([
    ["targets are here", newSource(), plain, [parseLocation("t")]],
    ["the source is elsewhere, too", newSource(true), plain, far],
    ["content is read on the way", newSource(), { ...plain, compare: "content" } as const, far],
  ])("is not begun where %s", (_where, { place, scans }, wanted, targets) => {
    expect(scanEarly(wanted, place, targets, never)).toBeUndefined();
    expect(scans).toEqual([]);
  });
});
