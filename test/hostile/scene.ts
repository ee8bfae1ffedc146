import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { afterAll, expect } from "vitest";

import type { LocalHost } from "../../src/endpoint/local/host.ts";
import { openLocalHost } from "../../src/endpoint/local/host.ts";
import type { Endpoint } from "../../src/endpoint/endpoint.ts";
import { openLocal } from "../../src/endpoint/local/local-endpoint.ts";
import { newDirectory, seeDisk } from "../model/disk.ts";
import type { RunOptions } from "../model/runs.ts";
import { runMirror } from "../model/runs.ts";

/** A host for a whole test file. */
export async function hostOfFile(): Promise<LocalHost> {
  const host = await openLocalHost(undefined);
  afterAll(() => host[Symbol.asyncDispose]());
  return host;
}

/** Two trees, and something outside of both that nobody may touch. */
export interface Scene extends Disposable {
  readonly far: string;
  readonly here: string;
  readonly outside: string;
  /** All that is here and outside, as one value. */
  look(): unknown;
}

export function newScene(): Scene {
  const { path, [Symbol.dispose]: dispose } = newDirectory();
  const [far, here, outside] = ["far", "here", "outside"].map((name) => `${path}/${name}`) as [
    string,
    string,
    string,
  ];
  for (const dir of [far, here, outside, `${far}/d`, `${here}/d`]) mkdirSync(dir);
  for (const name of ["one", "two"]) writeFileSync(`${far}/${name}`, `content of ${name}`);
  for (const name of ["old", "d/kept"]) writeFileSync(`${here}/${name}`, `this is ${name}`);
  writeFileSync(`${outside}/secret`, "nobody's business");
  // Nobody has to wait until what was written just now can be told from what is written next.
  for (const name of ["old", "d/kept"]) utimesSync(`${here}/${name}`, 1_600_000_000, 1_600_000_000);
  return {
    far,
    here,
    outside,
    look: () => [here, outside].map((at) => seeDisk(at)),
    [Symbol.dispose]: dispose,
  };
}

/** Nobody waits longer than this for somebody who means harm. */
const deadlineMs = 15_000;

/** What has come of a mirror: its status, and why. */
export async function mirrorBetween(
  source: Endpoint,
  target: Endpoint,
  options: RunOptions = {},
): Promise<string[]> {
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error("nobody lost patience")), deadlineMs).unref();
  });
  const run = async (): Promise<string[]> => {
    const { summary, events, problems } = await runMirror(source, target, options);
    return [
      summary.status,
      ...events.flatMap((event) => (event.type === "error" ? [event.code] : [])),
      ...problems.map((problem) => problem.join(" ")),
    ];
  };
  return Promise.race([run(), late]);
}

/** A pull into the scene's own place. */
export async function pullInto(
  { here }: Scene,
  source: Endpoint,
  host: LocalHost,
): Promise<string[]> {
  return mirrorBetween(source, openLocal(here, host));
}

/** Names in a directory, and what each file holds. */
export function contentOf(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true })
    .map((entry) => {
      const at = `${dir}/${entry.name}`;
      return entry.isFile() ? `${entry.name}: ${readFileSync(at, "utf8")}` : entry.name;
    })
    .toSorted();
}

/** What a pull of the far tree leaves here when all goes well. */
export function expectPulled({ here }: Scene): void {
  expect(contentOf(here)).toEqual(["d", "one: content of one", "two: content of two"]);
}
