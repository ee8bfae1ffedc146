import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { deflateRawSync } from "node:zlib";

import { cLibrary } from "../../fs/c-library.ts";
import type { NativeParts } from "../../fs/native-parts.ts";
import type { BootstrapHeader, PartFacts, PartName, Triple } from "../../wire/bootstrap.ts";

/** Everything that a host may have to be sent before it can serve. */
export interface Parts {
  /** Deflated. */
  readonly bootstrap: Uint8Array;
  readonly header: BootstrapHeader;
  readonly contents: ReadonlyMap<PartName, Uint8Array>;
}

/** Where the build puts the programs: beside this file, or in `dist` where sources run as they are. */
const builtDirectory: URL = new URL(
  import.meta.url.endsWith(".ts") ? "../../../dist/" : "./",
  import.meta.url,
);

/** The programs for other hosts, as files. */
export interface ProgramFiles {
  readonly agent: string | URL;
  readonly bootstrap: string | URL | { readonly text: string };
  /** Native parts that fit this machine, if not those of the packages here. */
  readonly natives?: NativeParts;
}

const builtFiles: ProgramFiles = {
  agent: new URL("agent.cjs", builtDirectory),
  bootstrap: new URL("bootstrap.cjs", builtDirectory),
};

let loaded: { readonly files: ProgramFiles; readonly parts: Promise<Parts> } | undefined;

/** Reads them once for all connections. */
export function loadParts(files: ProgramFiles = builtFiles): Promise<Parts> {
  if (loaded?.files !== files) loaded = { files, parts: readParts(files) };
  return loaded.parts;
}

async function readParts(files: ProgramFiles): Promise<Parts> {
  const triple: Triple = { platform: process.platform, arch: process.arch, libc: cLibrary() };
  const natives = files.natives ?? { koffi: findKoffi(triple), blake: findBlake(triple) };
  const [bootstrap, agent, ...found] = await Promise.all([
    textOf(files.bootstrap),
    readFile(files.agent),
    ...(["koffi", "blake"] as const).map(async (name) => ({
      name,
      bytes: await readIfThere(natives[name]),
    })),
  ]);
  const contents = new Map<PartName, Uint8Array>([["agent", agent]]);
  for (const { name, bytes } of found) if (bytes !== undefined) contents.set(name, bytes);
  const [facts, ...others] = [...contents].map(([name, bytes]): PartFacts => ({
    name,
    sha256: sha256(bytes),
  }));
  return {
    bootstrap: deflateRawSync(bootstrap, { level: 9 }),
    header: { triple, agent: facts!, natives: others },
    contents,
  };
}

const load = createRequire(import.meta.url);

/** koffi's binary is in a package of its own that koffi depends on, which need not be within our own reach. */
function findKoffi({ platform, arch, libc }: Triple): string | undefined {
  return attempt(() => {
    const fromKoffi = createRequire(load.resolve("koffi"));
    const description = fromKoffi.resolve(`@koromix/koffi-${platform}-${arch}/package.json`);
    const variant = `${libc === "musl" ? "musl" : platform}_${arch}`;
    return path.join(path.dirname(description), variant, "koffi.node");
  });
}

function findBlake({ platform, arch, libc }: Triple): string | undefined {
  return attempt(() => {
    const fromBlake = createRequire(load.resolve("@napi-rs/blake-hash"));
    const suffix = { glibc: "-gnu", musl: "-musl", system: "", unknown: "-gnu" }[libc] ?? "";
    return fromBlake.resolve(`@napi-rs/blake-hash-${platform}-${arch}${suffix}`);
  });
}

async function textOf(program: ProgramFiles["bootstrap"]): Promise<Uint8Array> {
  if (typeof program === "string" || program instanceof URL) return readFile(program);
  return Buffer.from(program.text);
}

/** A part that cannot be read is a part that is not there: hosts can do without. */
async function readIfThere(file: string | undefined): Promise<Uint8Array | undefined> {
  return file === undefined ? undefined : readFile(file).catch(() => undefined);
}

function attempt(find: () => string): string | undefined {
  try {
    return find();
  } catch {
    return undefined;
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
