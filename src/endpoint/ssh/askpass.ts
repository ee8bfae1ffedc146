import { execFile } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import type { Socket } from "node:net";
import { createServer } from "node:net";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import type { Recipient } from "./prompt.ts";
import { asksForPassword, parseRecipient } from "./prompt.ts";
import type { Variables } from "./ssh-process.ts";

/** Answers what ssh asks by its SSH_ASKPASS, for one login. */
export interface Askpass extends AsyncDisposable {
  /** What ssh has to have in its environment. */
  readonly variables: Variables;
  /** Why there was no password when ssh wanted it. */
  failure(): Error | undefined;
}

export interface AskpassOptions {
  readonly recipient: Recipient;
  readonly password: () => Promise<string>;
  /** Called when a question comes, and when it is dealt with: a password may take somebody's time. */
  readonly onAsking: (isUnderWay: boolean) => void;
}

/** More is asked only by who does not take no for an answer. */
const mostAnswers = 4;
const mostPrompt = 4096;

const run = promisify(execFile);

// Sources and bundle are both in a directory of the package's own.
const helper: string = fileURLToPath(
  new URL(
    import.meta.url.endsWith(".ts") ? "../../../bin/askpass.sh" : "../bin/askpass.sh",
    import.meta.url,
  ),
);

/**
 * Listens for the helper program on a socket in a directory of its own. The password crosses nothing but that socket and the
 * pipe that ssh reads from.
 */
export async function openAskpass(options: AskpassOptions): Promise<Askpass> {
  const dir = await mkdtemp(path.join(os.tmpdir(), "syncline-"));
  await chmod(dir, 0o700);
  const file = path.join(dir, "ask");
  let failure: Error | undefined;
  let answers = 0;

  const answer = async (prompt: string): Promise<string | undefined> => {
    if (!asksForPassword(prompt, options.recipient) || ++answers > mostAnswers) return undefined;
    try {
      return await options.password();
    } catch (error) {
      failure = error as Error;
      return undefined;
    }
  };
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    options.onAsking(true);
    void converse(socket, answer).finally(() => options.onAsking(false));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(file, resolve);
  });
  return {
    variables: {
      SSH_ASKPASS: helper,
      SSH_ASKPASS_REQUIRE: "force",
      // Versions that do not know that they are forced look for a display and for no terminal.
      DISPLAY: "none",
      SYNCLINE_ASKPASS_NODE: process.execPath,
      SYNCLINE_ASKPASS_SOCKET: file,
    },
    failure: () => failure,
    async [Symbol.asyncDispose]() {
      server.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function converse(
  socket: Socket,
  answer: (prompt: string) => Promise<string | undefined>,
): Promise<void> {
  let prompt = "";
  try {
    // The helper has said all when it ends its side; ours stays open for the answer.
    for await (const piece of socket.setEncoding("utf8").iterator({ destroyOnReturn: false })) {
      prompt += piece as string;
      if (prompt.length > mostPrompt) throw new Error("the question is too long");
    }
    const password = await answer(prompt);
    if (password !== undefined) socket.write(`${password}\n`);
    socket.end();
  } catch {
    // The helper is gone, or was none: no answer is a refusal.
    socket.destroy();
  }
}

/** Asks ssh for whom it would log in, with the arguments that it is going to be started with. */
export async function findRecipient(
  args: readonly string[],
  environment: Variables,
): Promise<Recipient> {
  const program = environment["SYNCLINE_SSH"] ?? "ssh";
  try {
    const { stdout } = await run(program, ["-G", ...args], { env: { ...environment } });
    return parseRecipient(stdout);
  } catch {
    // It will fail in the same way when it is started, and then say why. Until then it is told nothing.
    return { user: "", hosts: [], isDirect: false };
  }
}
