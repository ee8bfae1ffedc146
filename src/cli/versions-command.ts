import type { KeptVersion } from "../app/list-versions.ts";
import { listVersions } from "../app/list-versions.ts";
import { refuseRemote } from "../config/local-only.ts";
import { pathRecord } from "../app/event-record.ts";
import { driverOf } from "./driver-choice.ts";
import { escapePath, safeJson } from "./escape.ts";
import { formatBytes, formatLocalTime } from "./format.ts";
import type { Host } from "./host.ts";
import { lookOf } from "./look.ts";
import { openOutputs } from "./output.ts";
import { noticeLine } from "./text-lines.ts";
import { refuseLostBytes } from "./typed-bytes.ts";
import type { VersionsOptions } from "./versions-options.ts";

/** `syncline versions`: what is kept of a replica. Returns the exit code. */
export async function versionsCommand(
  replica: string,
  path: string | undefined,
  { json = false }: VersionsOptions,
  host: Host,
): Promise<number> {
  refuseRemote(replica);
  refuseLostBytes(path === undefined ? [replica] : [replica, path]);
  const { out, err } = openOutputs(host.stdout, host.stderr);
  const versions = await listVersions({ replica, path, driver: driverOf(host.variables) });
  for (const version of versions) {
    out.write(`${json ? safeJson(apiVersionOf(version)) : versionLine(version)}\n`);
  }
  if (versions.length === 0) {
    const look = lookOf(host.variables, err.isTerminal);
    err.write(`${noticeLine("no old copies are kept of it", look)}\n`);
  }
  await Promise.all([out.flush(), err.flush()]);
  return 0;
}

/** One copy on one line: what `--at` takes, when that was, why it went, what it is. */
function versionLine({ path, entry, run, at, reason }: KeptVersion): string {
  const slash = entry.kind === "directory" ? "/" : "";
  const size = entry.kind === "file" ? formatBytes(entry.size) : entry.kind;
  return `${run}  ${formatLocalTime(at)}  ${reason.padEnd(8)}  ${size.padStart(10)}  ${escapePath(path)}${slash}`;
}

function apiVersionOf({ path, entry, run, at, source, reason }: KeptVersion) {
  return {
    type: "version",
    ...pathRecord(path),
    run,
    at: new Date(at).toISOString(),
    source: source ?? null,
    reason,
    kind: entry.kind,
    ...(entry.kind === "file" && { size: entry.size }),
    modified: new Date(entry.mtimeSec * 1000 + Math.floor(entry.mtimeNs / 1e6)).toISOString(),
  };
}
