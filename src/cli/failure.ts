import { CommanderError } from "commander";

import { apiVersion } from "../api/events.ts";
import { isEndpointFailure } from "../base/endpoint-failure.ts";
import { SyncError } from "../base/errors.ts";
import { safeJson } from "./escape.ts";
import type { Host } from "./host.ts";
import { lookOf } from "./look.ts";
import { openOutputs } from "./output.ts";
import { errorLines } from "./text-lines.ts";

/** What is said of something that was thrown. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
  readonly exitCode: number;
  /** Only of a bug. */
  readonly stack: string | undefined;
}

/** Sorts what was thrown: a mistake on the command line, a failure with a reason, or a bug. */
export function explainFailure(error: unknown): Failure {
  if (error instanceof CommanderError) return explainUsage(error);
  if (error instanceof SyncError) {
    const exitCode = exitCodeOfError(error);
    const { code, message, hint } = error;
    return { code, message, hint, exitCode, stack: undefined };
  }
  const isError = error instanceof Error;
  return {
    code: "BUG",
    message: `this is a bug in syncline: ${isError ? error.message : String(error)}`,
    hint: "Nothing half-written stands under its name. Please report this with the lines below.",
    exitCode: 1,
    stack: isError ? error.stack : undefined,
  };
}

function exitCodeOfError({ code }: SyncError): number {
  if (isEndpointFailure(code)) return 10;
  return code === "USAGE" ? 2 : code === "LOCKED" ? 6 : 1;
}

/** Says what was thrown, to people and, where they asked for it, to programs. Returns the exit code. */
export async function reportFailure(
  thrown: unknown,
  line: readonly string[],
  host: Host,
): Promise<number> {
  const { code, message, hint, exitCode, stack } = explainFailure(thrown);
  const { out, err } = openOutputs(host.stdout, host.stderr);
  const look = lookOf(host.variables, err.isTerminal);
  for (const text of errorLines({ message, hint }, look)) err.write(`${text}\n`);
  if (stack !== undefined) err.write(`${stack}\n`);
  if (line.includes("--json")) {
    const event = { type: "error", version: apiVersion, target: null, code, message };
    out.write(`${safeJson({ ...event, hint: hint ?? null })}\n`);
  }
  await Promise.all([out.flush(), err.flush()]);
  return exitCode;
}

/** Commander's own words are good; its prefix and its second line are put in our form. */
function explainUsage(error: CommanderError): Failure {
  const isHelp = error.code === "commander.help";
  const [first = "", second] = error.message.replace(/^error: /, "").split("\n");
  const message = isHelp ? "no command was given" : first;
  const guess = second?.replace(/^\((.*)\)$/, "$1");
  const hint = guess ?? "Run syncline --help to see what there is.";
  return { code: "USAGE", message, hint, exitCode: 2, stack: undefined };
}
