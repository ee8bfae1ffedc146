/** Runs over a line that breaks: what there is to do in them, and what may stand at the target when they are over. */
import { readdirSync, readFileSync, readlinkSync, utimesSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

import type { Seen } from "./judge.ts";
import { walk } from "./judge.ts";
import { noise } from "./noise.ts";
import type { Place } from "./place.ts";
import { newPlace } from "./place.ts";
import { leftovers } from "./proof.ts";
import type { Proxy } from "./proxy.ts";
import { startProxy } from "./proxy.ts";
import { tool } from "./python.ts";
import type { Scene, Way } from "./remote.ts";
import { newScene } from "./remote.ts";
import type { Sshd } from "./sshd.ts";
import type { Running } from "./syncline.ts";
import { start } from "./syncline.ts";
import type { TreeEntry } from "./trees.ts";
import { makeTree, MOMENT } from "./trees.ts";

export const MiB: number = 1 << 20;
/** Of the file that takes long enough for the line to break in the middle of it. */
const largeBytes = 12 * MiB;

/** Two trees between which each phase of a run has something to do, and an independent look at them. */
export interface CutTrees extends Place {
  readonly seen: { readonly source: readonly Seen[]; readonly target: readonly Seen[] };
}

export function plantCutTrees(): CutTrees {
  const place = newPlace();
  const { source, target } = place;
  makeTree(source, [
    ...crowd("changed", 60, { seed: 2, mtime: MOMENT + 5_000_000_000n }),
    ...crowd("kept", 60, { seed: 1 }),
    ...crowd("moved/to", 40, { seed: 3 }),
    ...crowd("new/here", 200, { seed: 5 }),
    ...crowd("relabelled", 40, { seed: 6, mode: 0o600 }),
    { path: "new/link", kind: "symlink", target: "here", mtime: MOMENT },
    { path: "new/twin", kind: "link", target: "new/here/5-7" },
    { path: "empty/in/depth", kind: "directory", mtime: MOMENT },
  ]);
  makeTree(target, [
    ...crowd("changed", 60, { seed: 2, of: "former" }),
    ...crowd("kept", 60, { seed: 1 }),
    ...crowd("was/here", 40, { seed: 3 }),
    ...crowd("gone", 150, { seed: 7 }),
    ...crowd("relabelled", 40, { seed: 6 }),
  ]);
  const former = noise(4 * MiB, 78);
  const patched = Uint8Array.from(former);
  patched.set(noise(300_000, 79), 2 * MiB);
  plant(`${source}/large`, noise(largeBytes, 77), 1.6e9);
  plant(`${source}/patched`, patched, 1.6e9);
  plant(`${target}/patched`, former, 1.5e9);
  return { ...place, seen: { source: walk(source), target: walk(target) } };
}

/** Small files in one directory, by names that no other one has. */
function crowd(
  dir: string,
  count: number,
  { seed, of = "", mtime = MOMENT, mode = 0o644 }: Crowd,
): TreeEntry[] {
  const contentOf = (n: number): string =>
    Buffer.from(noise(50 * n + 10, seed * 1000 + n)).toString("latin1");
  return Array.from({ length: count }, (_, n) => {
    const content = `${of}${contentOf(n)}`;
    return { path: `${dir}/${seed}-${n}`, kind: "file", content, mtime, mode };
  });
}

interface Crowd {
  readonly seed: number;
  readonly of?: string;
  readonly mtime?: bigint;
  readonly mode?: number;
}

function plant(file: string, content: Uint8Array, seconds: number): void {
  writeFileSync(file, content);
  utimesSync(file, seconds, seconds);
}

/** What must not be at a target after a run that broke off, a line each: every name holds old or new content, whole. */
export function halves({ source, target }: CutTrees["seen"], now: readonly Seen[]): string[] {
  const [wanted, former, found] = [contentOf(source), contentOf(target), contentOf(now)];
  const hidden = new Set(leftovers(now));
  const contents = new Set(found.values());
  const isComplete = [...wanted].every(([path, content]) => found.get(path) === content);
  const isGone = (path: string): boolean => former.has(path) && !found.has(path);
  return [
    ...[...found]
      .filter(([path]) => !hidden.has(path))
      .filter(([path, content]) => ![wanted.get(path), former.get(path)].includes(content))
      .map(([path]) => `${path}: neither old nor new`),
    ...[...wanted.keys()].filter(isGone).map((path) => `${path}: vanished`),
    ...[...former.keys()]
      .filter((path) => path.startsWith("gone/") && isGone(path) && !isComplete)
      .map((path) => `${path}: removed before all was in place`),
    ...[...former]
      .filter(([path, content]) => path.startsWith("was/") && !contents.has(content))
      .map(([path]) => `${path}: its content is lost`),
  ];
}

function contentOf(seen: readonly Seen[]): Map<string, string> {
  return new Map(
    seen.map(({ path, kind, sha256, target }) => [path, `${kind} ${sha256 ?? target ?? ""}`]),
  );
}

/** A place whose ends are copies of the trees, where there are some, and whose line to the server leads through a proxy. */
export interface CutScene extends Scene, AsyncDisposable {
  readonly proxy: Proxy;
  /** Mirrors with these options, whatever has to be deleted. */
  readonly begin: (...args: string[]) => Running;
  /** Bytes of both directions so far. */
  readonly crossed: () => Promise<number>;
  /** Waits until so many have. */
  readonly reached: (bytes: number) => Promise<void>;
}

export async function newCutScene(way: Way, sshd: Sshd, trees?: CutTrees): Promise<CutScene> {
  // Fast, and not so fast that most of it lies in buffers when it breaks.
  const proxy = await startProxy({ to: sshd.port, bytesPerSecond: 30e6 });
  const ssh = `${sshd.dir}/ssh-${proxy.port}`;
  const line = `exec /usr/bin/ssh -F ${sshd.dir}/ssh_config -p ${proxy.port} "$@"`;
  writeFileSync(ssh, `#!/bin/sh\n${line}\n`, { mode: 0o755 });
  const scene = newScene(way, sshd, { env: { SYNCLINE_SSH: ssh } });
  if (trees !== undefined) {
    for (const end of ["source", "target"] as const) tool("cp", ["-a", trees[end], scene[end]]);
  }
  const crossed = async (): Promise<number> => {
    const { toTarget, toClient } = await proxy.counters();
    return toTarget + toClient;
  };
  const { from, to, all, options } = scene;
  return {
    ...scene,
    proxy,
    begin: (...args) =>
      start(
        scene,
        ["mirror", "--json", "--max-delete", "100%", ...all, ...args, from, to],
        options,
      ),
    crossed,
    async reached(bytes) {
      while ((await crossed()) < bytes) await delay(2);
    },
    async [Symbol.asyncDispose]() {
      await proxy.stop();
      scene[Symbol.dispose]();
    },
  };
}

/** Processes that a server has started for its sessions, agents above all, by what is in their environment. */
export function agentsOf({ home }: Sshd): number[] {
  const isOurs = (pid: string): boolean => {
    try {
      const variables = readFileSync(`/proc/${pid}/environ`, "latin1").split("\0");
      return (
        variables.includes(`HOME=${home}`) && readlinkSync(`/proc/${pid}/exe`).endsWith("/node")
      );
    } catch {
      return false;
    }
  };
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && isOurs(name))
    .map(Number);
}

/** The process that has started another one. */
export function parentOf(pid: number): number {
  return Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))![1]);
}
