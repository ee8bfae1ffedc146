import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { build } from "tsdown";

import { carriedProgram } from "../../scripts/agent-bundle.ts";
import type { HostAddress } from "../../src/core/location.ts";
import type { LoginOptions } from "../../src/core/login.ts";
import { defaultLogin } from "../../src/core/login.ts";
import type { AgentConnection } from "../../src/endpoint/agent/connect-agent.ts";
import { connectAgent } from "../../src/endpoint/agent/connect-agent.ts";
import type { ProgramFiles } from "../../src/endpoint/agent/parts.ts";
import type { Sshd, SshdHost } from "./sshd.ts";

const repository = path.resolve(import.meta.dirname, "../..");

/** The programs for other hosts, with the probe in the place of the agent. */
export interface ProbePrograms extends ProgramFiles, Disposable {
  readonly agent: string;
}

/** Builds `test/fixtures/probe-agent.ts` as the real agent is built. */
export async function buildProbe(): Promise<ProbePrograms> {
  const outDir = mkdtempSync(path.join(os.tmpdir(), "syncline-probe-"));
  const entry = { agent: path.join(repository, "test/fixtures/probe-agent.ts") };
  await build({ ...carriedProgram(entry), config: false, cwd: repository, outDir });
  return {
    agent: path.join(outDir, "agent.cjs"),
    bootstrap: path.join(repository, "dist/bootstrap.cjs"),
    [Symbol.dispose]: () => rmSync(outDir, { recursive: true, force: true }),
  };
}

export interface ProbeOptions {
  readonly login?: Partial<LoginOptions>;
  readonly variables?: Readonly<Record<string, string>>;
  readonly address?: Partial<HostAddress>;
}

/** A conversation with a probe. */
export interface Probe extends Disposable {
  readonly connection: AgentConnection;
  readonly notices: readonly string[];
  /** Sends a line, and waits for the answer to it. */
  ask(line: string): Promise<unknown>;
  /** Sends lines without waiting. */
  send(...lines: readonly string[]): void;
  /** The next answer; `undefined` at the end. Throws why there is none. */
  answer(): Promise<unknown>;
}

/** Starts a probe on a host. */
export function startProbe(
  sshd: Sshd,
  programs: ProgramFiles,
  { host = "here", ...options }: ProbeOptions & { readonly host?: SshdHost } = {},
): Probe {
  const notices: string[] = [];
  const connection = connectAgent(
    { host, user: undefined, port: undefined, ...options.address },
    { ...defaultLogin, timeout: 20_000, ...options.login },
    {
      environment: { ...sshd.environment, ...options.variables },
      interactive: false,
      onNotice: (text) => notices.push(text),
      programs,
    },
  );
  const { transport } = connection;
  const pieces = transport.incoming[Symbol.asyncIterator]();
  let text = "";
  const send = (...lines: readonly string[]): void => {
    void transport.write(Buffer.from(lines.map((line) => `${line}\n`).join("")));
  };
  const answer = async (): Promise<unknown> => {
    for (;;) {
      const end = text.indexOf("\n");
      if (end !== -1) {
        const line = text.slice(0, end);
        text = text.slice(end + 1);
        return JSON.parse(line);
      }
      const piece = await pieces.next();
      if (piece.done === true) return undefined;
      text += Buffer.from(piece.value).toString("utf8");
    }
  };
  return {
    connection,
    notices,
    send,
    answer,
    ask(line) {
      send(line);
      return answer();
    },
    [Symbol.dispose]: () => transport.destroy(),
  };
}
