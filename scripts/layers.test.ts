import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect, test } from "vitest";

import { checkLayers } from "./layers.ts";

const BASE = "/** `base` is for everyone. */\nexport const one = 1;\n";
const CORE = "/** `core` decides. */\nexport const two = 2;\nexport interface Two {}\n";

const cases: { name: string; files: Record<string, string>; violations: string[] }[] = [
  {
    name: "rooms that keep to the table pass",
    files: {
      "base/base.ts": BASE,
      "core/core.ts":
        '/** `core` */\nimport { one } from "../base/base.ts";\nexport const two = one;\n',
      "fs/walk.ts": '/** `fs` walks. */\nimport fs from "node:fs";\nimport koffi from "koffi";\n',
      "index.ts": 'export { two } from "./core/core.ts";\n',
    },
    violations: [],
  },
  {
    name: "a room imports only the rooms listed for it",
    files: {
      "base/base.ts": `${BASE}import "../core/core.ts";\n`,
      "core/core.ts": `${CORE}import type { X } from "../fs/fs.ts";\n`,
      "fs/fs.ts": "/** Files. */\n",
    },
    violations: [
      "src/base/base.ts:3: base may not import core",
      "src/core/core.ts:4: core may not import fs",
    ],
  },
  {
    name: "import() and import types count as imports, and import() names what it imports",
    files: {
      "base/base.ts": `${BASE}const a = import("../core/core.ts");\ntype B = import("../fs/fs.ts").B;\nimport(a);\n`,
      "core/core.ts": CORE,
      "fs/fs.ts": "/** Files. */\n",
    },
    violations: [
      "src/base/base.ts:3: base may not import core",
      "src/base/base.ts:4: base may not import fs",
      "src/base/base.ts:5: import() needs a plain string",
    ],
  },
  {
    name: "pure rooms import neither node: nor packages they have no leave for",
    files: {
      "core/core.ts": `${CORE}import "koffi";\nimport "node:fs";\nimport "fs";\n`,
    },
    violations: [
      "src/core/core.ts:4: imports the package koffi in a pure room",
      "src/core/core.ts:5: imports node:fs in a pure room",
      "src/core/core.ts:6: write node:fs",
    ],
  },
  {
    name: "nothing but the library's entry re-exports",
    files: {
      "base/base.ts": BASE,
      "base/more.ts": 'export * from "./base.ts";\nexport type { One } from "./base.ts";\n',
    },
    violations: [
      "src/base/more.ts:1: re-exports ./base.ts; only src/index.ts may",
      "src/base/more.ts:2: re-exports ./base.ts; only src/index.ts may",
    ],
  },
  {
    name: "the engine sees contracts, and contracts see no driver and no node:",
    files: {
      "endpoint/endpoint.ts":
        '/** The contract. */\nimport "./local/open.ts";\nimport "node:fs";\n',
      "endpoint/local/open.ts": 'import "node:fs";\n',
      "engine/engine.ts":
        '/** Runs. */\nimport "../endpoint/endpoint.ts";\nimport "../endpoint/local/open.ts";\n' +
        'import "../state/state.ts";\nimport "../state/lock.ts";\n',
      "state/lock.ts": 'import "node:sqlite";\n',
      "state/state.ts": "/** What is kept. */\n",
    },
    violations: [
      "src/endpoint/endpoint.ts:2: imports endpoint/local/open.ts; a contract knows none of those who keep it",
      "src/endpoint/endpoint.ts:3: imports node:fs in a pure room",
      "src/engine/engine.ts:3: imports endpoint/local/open.ts; the engine sees contracts only",
      "src/engine/engine.ts:5: imports state/lock.ts; the engine sees contracts only",
    ],
  },
  {
    name: "drivers do not import each other, and the agent imports the local one and its own client",
    files: {
      "agent/main.ts":
        '/** Serves. */\nimport "../endpoint/local/open.ts";\nimport "../endpoint/sftp/open.ts";\n' +
        'import "../endpoint/agent/open.ts";\nimport "../endpoint/memory/open.ts";\n',
      "endpoint/agent/open.ts": 'import "../ssh/start.ts";\n',
      "endpoint/endpoint.ts": "/** The contract. */\n",
      "endpoint/local/open.ts": 'import "../endpoint.ts";\nimport "../memory/open.ts";\n',
      "endpoint/memory/open.ts": "",
      "endpoint/sftp/open.ts": 'import "../ssh/start.ts";\n',
      "endpoint/ssh/start.ts": 'import "../sftp/open.ts";\n',
    },
    violations: [
      "src/agent/main.ts:3: imports endpoint/sftp/open.ts; the agent serves its own host, and hosts that have an agent",
      "src/agent/main.ts:5: imports endpoint/memory/open.ts; the agent serves its own host, and hosts that have an agent",
      "src/endpoint/local/open.ts:2: imports endpoint/memory/open.ts; drivers do not know each other",
      "src/endpoint/ssh/start.ts:1: imports endpoint/sftp/open.ts; what drivers share knows none of them",
    ],
  },
  {
    name: "the command line takes only types from the core, and nothing leaves src but package.json",
    files: {
      "cli/main.ts":
        '/** Starts. */\nimport type { Two } from "../core/core.ts";\nimport { two } from "../core/core.ts";\n' +
        'import { type Two as T } from "../core/core.ts";\nimport pkg from "../../package.json";\nimport "../../x.ts";\n',
      "core/core.ts": CORE,
    },
    violations: [
      "src/cli/main.ts:3: cli may import only types from core (core/core.ts)",
      "src/cli/main.ts:6: imports ../x.ts, which is outside src",
    ],
  },
  {
    name: "only cli/main.ts reads the environment and ends the process",
    files: {
      "cli/main.ts": "/** Starts. */\nprocess.exit(process.env.X);\n",
      "fs/fs.ts":
        '/** Files. */\nimport { env } from "node:process";\nconst { exit } = process;\n' +
        'globalThis.process.env.X;\nprocess["exitCode"] = 1;\nprocess.kill(1, 0);\nprocess?.env;\n',
    },
    violations: [
      "src/fs/fs.ts:2: uses process.env; only the first file of a program may",
      "src/fs/fs.ts:3: uses process.exit; only the first file of a program may",
      "src/fs/fs.ts:4: uses process.env; only the first file of a program may",
      "src/fs/fs.ts:5: uses process.exitCode; only the first file of a program may",
      "src/fs/fs.ts:7: uses process.env; only the first file of a program may",
    ],
  },
  {
    name: "a room says what it is, is in the table, and keeps its files short; tests are exempt",
    files: {
      "attic/old.ts": "/** `attic` keeps what is old. */\n",
      "base/base.test.ts": `import "../fs/fs.ts";\n${"\n".repeat(500)}`,
      "base/base.ts": "export const one = 1;\n",
      "core/core.ts": `${CORE}${"\n".repeat(500)}`,
      "fs/copy.ts": "/** Copies. */\n",
    },
    violations: [
      "src/attic/old.ts: no room of that name is in scripts/rooms.ts",
      "src/core/core.ts: 503 lines; more than 400 want to be two files",
      "src/base: no main file opens with a comment that says what `base` is",
      "src/fs: no main file opens with a comment that says what `fs` is",
    ],
  },
];

test.each(cases)("$name", ({ files, violations }) => {
  const src = mkdtempSync(path.join(tmpdir(), "syncline-layers-"));
  try {
    for (const [file, source] of Object.entries(files)) {
      mkdirSync(path.join(src, path.dirname(file)), { recursive: true });
      writeFileSync(path.join(src, file), source);
    }
    expect(checkLayers(src)).toEqual(violations);
  } finally {
    rmSync(src, { recursive: true });
  }
});
