/** What a room may use. Import rules hold for its code and its types alike; its tests are free. */
export interface Room {
  /** Other rooms, by name. `types` rooms may be imported with `import type` only. */
  readonly imports: readonly string[];
  readonly types?: readonly string[];
  /** Whether the room may import `node:` modules. */
  readonly node: boolean;
  /** npm packages that a room without `node:` may import; the other rooms choose their own. */
  readonly packages?: readonly string[];
}

/** The table of DESIGN, section 3. Narrower rules for single files are in `NARROW`. */
export const ROOMS: Readonly<Record<string, Room>> = {
  base: { imports: [], node: false },
  core: { imports: ["base"], node: false, packages: [] },
  wire: { imports: ["base", "core"], types: ["endpoint"], node: false },
  fs: { imports: ["base", "core"], node: true },
  endpoint: { imports: ["base", "core", "wire", "fs"], node: true },
  agent: { imports: ["base", "core", "wire", "fs", "endpoint"], node: true },
  state: { imports: ["base", "core"], node: true },
  engine: { imports: ["base", "core", "endpoint", "state"], node: false },
  config: { imports: ["base", "core"], node: true },
  app: {
    imports: ["base", "core", "wire", "fs", "endpoint", "state", "engine", "config"],
    node: true,
  },
  api: { imports: ["base"], node: false },
  daemon: { imports: ["base", "config", "app", "api"], node: true },
  cli: { imports: ["base", "config", "app", "api"], types: ["core"], node: true },
  tui: { imports: ["base", "api"], node: true },
  web: { imports: ["base", "api"], node: false },
};

/** The contract that stands for a room where only its contract may be seen. */
const CONTRACT = /^(endpoint\/[^/]+|state\/state)\.ts$/;
const DRIVERS: readonly string[] = ["local", "agent", "sftp", "memory"];
/** What the drivers for other hosts reach them with; it is no driver, and knows none. */
const SHARED = /^endpoint\/ssh\//;

/** A rule that is narrower than its room: imports from `from` that lead to `to` are wrong. Paths are below `src/`. */
export interface Narrow {
  readonly from: RegExp;
  readonly to: RegExp;
  readonly except?: RegExp;
  readonly because: string;
}

export const NARROW: readonly Narrow[] = [
  {
    from: /^engine\//,
    to: /^(endpoint|state)\//,
    except: CONTRACT,
    because: "the engine sees contracts only",
  },
  {
    from: /^agent\//,
    to: /^endpoint\/[^/]+\//,
    // Where one host sends to another by itself, its agent is the client of the other one's.
    except: /^endpoint\/(?:local|agent|ssh)\//,
    because: "the agent serves its own host, and hosts that have an agent",
  },
  {
    from: CONTRACT,
    to: /^(endpoint\/[^/]+\/|fs\/|wire\/|state\/(?!state\.ts$))/,
    because: "a contract knows none of those who keep it",
  },
  {
    from: /^wire\//,
    to: /^endpoint\/[^/]+\//,
    because: "messages are made of the contract, whoever keeps it",
  },
  ...DRIVERS.map((driver) => ({
    from: new RegExp(`^endpoint/${driver}/`),
    to: new RegExp(`^endpoint/(?!${driver}/)[^/]+/`),
    except: SHARED,
    because: "drivers do not know each other",
  })),
  {
    from: SHARED,
    to: new RegExp(`^endpoint/(${DRIVERS.join("|")})/`),
    because: "what drivers share knows none of them",
  },
];

/** Contracts belong to the pure rooms too, since the engine is compiled with them. */
export function mayUseNode(file: string, room: Room): boolean {
  return room.node && !CONTRACT.test(file);
}

/** The only file that may gather other files' exports into one place. */
export const LIBRARY_ENTRY = "index.ts";

/** What the library's entry may import. */
export const LIBRARY: Room = {
  imports: ["base", "core", "config", "app", "api"],
  node: false,
};

/** The first files of programs: only they read the environment and end the process. */
export const PROGRAM_ENTRIES: readonly string[] = [
  "cli/main.ts",
  "agent/main.ts",
  "agent/bootstrap.ts",
];

/** Files outside `src/` that it may read. */
export const OUTSIDE: readonly string[] = ["../package.json"];

export const MAX_LINES = 400;
