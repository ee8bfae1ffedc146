/** Runs with other hosts, which are this machine: so that independent judges can look at both ends. */
import { writeFileSync } from "node:fs";

import type { Tolerance } from "./judge.ts";
import type { Place } from "./place.ts";
import { newPlace } from "./place.ts";
import type { Proof } from "./proof.ts";
import { mirrorAndProve } from "./proof.ts";
import type { Proxy } from "./proxy.ts";
import type { Sshd } from "./sshd.ts";
import type { Options, Result } from "./syncline.ts";
import { mirror, syncline } from "./syncline.ts";
import type { TreeEntry } from "./trees.ts";

/** How a place is reached. */
export type Reach = "local" | "agent" | "other agent" | "sftp";

/** How the two ends of a run are reached. */
export interface Way {
  readonly name: string;
  readonly source: Reach;
  readonly target: Reach;
}

const push: Way = { name: "push", source: "local", target: "agent" };
const pull: Way = { name: "pull", source: "agent", target: "local" };
/** Two agents, each of which is another host's as far as anybody can tell from the addresses. */
const relay: Way = { name: "from host to host", source: "agent", target: "other agent" };
const there: Way = { name: "on one host", source: "agent", target: "agent" };
const sftpPush: Way = { name: "push over SFTP", source: "local", target: "sftp" };
const sftpPull: Way = { name: "pull over SFTP", source: "sftp", target: "local" };

export const WAYS: Readonly<
  Record<"push" | "pull" | "relay" | "there" | "sftpPush" | "sftpPull", Way>
> = { push, pull, relay, there, sftpPush, sftpPull };
export const AGENT_WAYS: readonly Way[] = [push, pull, relay, there];
export const ALL_WAYS: readonly Way[] = [...AGENT_WAYS, sftpPush, sftpPull];

export function isSftp({ source, target }: Way): boolean {
  return source === "sftp" || target === "sftp";
}

/** What may differ: over SFTP there are whole seconds, and neither attributes, hard links nor holes. */
export function toleranceOf(way: Way): Tolerance {
  return isSftp(way) ? { timesTo: 1_000_000_000n, except: ["xattrs", "groups", "holes"] } : {};
}

/** Those of a tree that such a way can keep. */
export function kept(way: Way, entries: readonly TreeEntry[]): readonly TreeEntry[] {
  if (!isSftp(way)) return entries;
  return entries.filter(
    ({ kind, path, mtime = 0n }) =>
      !["fifo", "socket", "char", "block"].includes(kind) && !path.includes("fifo") && mtime >= 0n,
  );
}

/** A path as it is typed. */
export function typed(reach: Reach, path: string): string {
  switch (reach) {
    case "local":
      return path;
    case "agent":
      return `here:${path}`;
    case "other agent":
      return `ssh://root@here${path}`;
    case "sftp":
      return `sftp://here${path}`;
  }
}

/** A place with the ways to it. */
export interface Scene extends Place {
  /** Source and target, as they are typed. */
  readonly from: string;
  readonly to: string;
  /** Asks for what is not taken from another host unasked. */
  readonly all: readonly string[];
  readonly options: Options;
  readonly tolerance: Tolerance;
  /** Runs any command. */
  readonly run: (...args: string[]) => Promise<Result>;
  /** Mirrors, with these options. */
  readonly mirror: (...args: string[]) => Promise<Result>;
  /** The same, and proves that the trees are equal then and a further run has nothing to do. */
  readonly prove: (...args: string[]) => Promise<Result>;
}

/** A place whose ends are reached in that way, through the server's hosts. */
export function newScene(way: Way, sshd: Sshd, more: Options = {}): Scene {
  const place = newPlace();
  const from = typed(way.source, place.source);
  const to = typed(way.target, place.target);
  const tolerance = toleranceOf(way);
  const options: Options = { ...more, env: { ...clientOf(sshd), ...more.env } };
  const proof: Proof = { typed: [from, to], options, tolerance };
  return {
    ...place,
    from,
    to,
    all: way.source === "local" ? [] : ["--preserve", isSftp(way) ? "mode" : "mode,devices"],
    options,
    tolerance,
    run: (...args) => syncline(place, args, options),
    mirror: (...args) => mirror(place, [...args, from, to], options),
    prove: (...args) => mirrorAndProve(place, { ...proof, args }),
  };
}

/** Lets the server's hosts be reached through a proxy. */
export function throughProxy(sshd: Sshd, { port }: Proxy): Options {
  const ssh = `${sshd.dir}/ssh-${port}`;
  writeFileSync(ssh, `#!/bin/sh\nexec ${clientOf(sshd)["SYNCLINE_SSH"]} -p ${port} "$@"\n`, {
    mode: 0o755,
  });
  return { env: { SYNCLINE_SSH: ssh } };
}

/** What a client has to have in its environment to know the server's hosts. */
export function clientOf({ environment }: Sshd): Record<string, string> {
  return { SYNCLINE_SSH: environment["SYNCLINE_SSH"]! };
}
