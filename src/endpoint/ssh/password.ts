import { execFile } from "node:child_process";
import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import os from "node:os";
import { promisify } from "node:util";

import { SyncError } from "../../base/errors.ts";
import type { PasswordSource } from "../../core/login.ts";
import type { Variables } from "./ssh-process.ts";

const run = promisify(execFile);
const mostBytes = 65_536;

/**
 * Makes the password ready: what can be wrong with a variable or a file is found out at once (`USAGE`); a command is run when
 * the password is first wanted, since it may ask somebody, and once.
 */
export function passwordFrom(
  source: PasswordSource,
  environment: Variables,
): () => Promise<string> {
  if (source.type === "command") {
    let running: Promise<string> | undefined;
    return () => (running ??= fromCommand(source.line, environment));
  }
  const text = source.type === "env" ? environment[source.name] : fromFile(source.path);
  if (text === undefined || text === "") {
    const what = source.type === "env" ? `the variable ${source.name} is not set` : "it is empty";
    throw new SyncError("USAGE", `--password-from: ${what}`);
  }
  return () => Promise.resolve(text);
}

/** The environment without the password in it: ssh and what it starts need not see it. */
export function withoutPassword(source: PasswordSource, environment: Variables): Variables {
  if (source.type !== "env") return environment;
  const { [source.name]: _password, ...others } = environment;
  return others;
}

function fromFile(path: string): string {
  try {
    const fd = openSync(path, "r");
    try {
      const { mode, uid } = fstatSync(fd);
      const own = uid === 0 || uid === os.userInfo().uid;
      if ((mode & 0o170000) === 0o100000 && ((mode & 0o077) !== 0 || !own)) {
        throw new SyncError("USAGE", `--password-from: others can read or change ${path}`, {
          hint: "Make it yours alone, with `chmod 600`.",
        });
      }
      return firstLine(readFileSync(fd, "utf8"));
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (error instanceof SyncError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new SyncError("USAGE", `--password-from: ${path} cannot be read (${code})`, {
      cause: error,
    });
  }
}

async function fromCommand(line: string, environment: Variables): Promise<string> {
  try {
    // The user's own command line: quoting, pipes and all.
    const { stdout } = await run("/bin/sh", ["-c", line], {
      env: { ...environment },
      maxBuffer: mostBytes,
    });
    return firstLine(stdout);
  } catch {
    // What it printed, or the line itself, may hold a secret.
    throw new SyncError("ENDPOINT_AUTH", "--password-from: the command failed");
  }
}

function firstLine(text: string): string {
  return text.replace(/\r?\n[^]*$/, "");
}
