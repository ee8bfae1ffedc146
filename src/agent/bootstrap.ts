/**
 * The first program of ours on another host, a few kilobytes that come with every login: makes sure that the agent is there,
 * exactly as the client has it, asks for what is not, and starts it. Everything is synchronous, and reads no byte more than it
 * must, for what follows is the agent's.
 */
import fs from "node:fs";
import module from "node:module";
import path from "node:path";

import { cLibrary } from "../fs/c-library.ts";
import type { BootstrapAnswer, BootstrapHeader, PartFacts, PartName } from "../wire/bootstrap.ts";
import { bootstrapMark, formatAnswer, mostEarly } from "../wire/bootstrap.ts";
import type * as Main from "./main.ts";
import { openPartStore } from "./part-store.ts";
import { readBlock } from "./read-block.ts";

/** This very program, where the loader has left it. */
declare const bootstrapText: string;

try {
  bootstrap();
} catch (error) {
  say({ word: "failed", message: String(error) });
  process.exitCode = 1;
}

function bootstrap(): void {
  const header = JSON.parse(readBlock().toString("utf8")) as BootstrapHeader;
  const { platform, arch } = process;
  const own = { platform, arch, libc: cLibrary() };
  const { triple, agent } = header;
  const isAlike =
    triple.platform === own.platform && triple.arch === own.arch && triple.libc === own.libc;
  const wanted = [agent, ...(isAlike && own.libc !== "unknown" ? header.natives : [])];

  const store = openPartStore(process.env["XDG_CACHE_HOME"]);
  const files = new Map<PartName, string>();
  const missing: PartFacts[] = [];
  for (const part of wanted) {
    const file = store.find(part.sha256, extension(part));
    if (file === undefined) missing.push(part);
    else files.set(part.name, file);
  }
  const facts = {
    ...own,
    nodeVersion: process.version,
    natives: wanted.length > 1,
    notice: store.notice,
  };
  let early: Buffer = Buffer.alloc(0);
  if (missing.length === 0) {
    say({ word: "have", facts });
  } else {
    say({ word: "need", facts, parts: missing.map(({ name }) => name) });
    early = readEarly();
    for (const part of missing) {
      files.set(part.name, store.put(readBlock(), part.sha256, extension(part)));
    }
    store.clean();
  }
  start(files, { early, isFramed: missing.length === 0, temporary: store.temporary() });
}

function start(
  files: ReadonlyMap<PartName, string>,
  how: { early: Buffer; isFramed: boolean; temporary: string | undefined },
): void {
  const program = files.get("agent")!;
  const [koffi, blake] = [files.get("koffi"), files.get("blake")];
  const natives = {
    ...(koffi === undefined ? {} : { koffi }),
    ...(blake === undefined ? {} : { blake }),
  };
  // Compiled code runs as it is, so it is kept where the program itself may be kept, or not at all.
  if (how.temporary === undefined) {
    (module as Partial<typeof module>).enableCompileCache?.(
      path.join(path.dirname(program), "compiled"),
    );
  }
  const agent = module.createRequire(program)(program) as typeof Main;
  void agent.start({ ...how, carried: { program, natives }, bootstrapText });
}

/** What has come for the agent meanwhile, up to the block that ends it. */
function readEarly(): Buffer {
  const blocks: Buffer[] = [];
  let size = 0;
  for (let block = readBlock(); block.length > 0; block = readBlock()) {
    blocks.push(block);
    size += block.length;
    if (size > mostEarly) throw new Error("too much has come too early");
  }
  return Buffer.concat(blocks);
}

function extension({ name }: PartFacts): string {
  return name === "agent" ? ".cjs" : ".node";
}

function say(answer: BootstrapAnswer): void {
  const line = Buffer.from(bootstrapMark + formatAnswer(answer));
  for (let at = 0; at < line.length;) at += fs.writeSync(1, line, at);
}
