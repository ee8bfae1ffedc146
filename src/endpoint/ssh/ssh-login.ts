import { SyncError } from "../../base/errors.ts";
import type { HostAddress } from "../../core/location.ts";
import type { LoginOptions } from "../../core/login.ts";
import { findRecipient, openAskpass } from "./askpass.ts";
import type { Askpass } from "./askpass.ts";
import type { Deadline } from "./deadline.ts";
import { newDeadline } from "./deadline.ts";
import { passwordFrom, withoutPassword } from "./password.ts";
import { preferredCiphers } from "./preferred-ciphers.ts";
import type { RemoteProgram } from "./ssh-argv.ts";
import { sshArguments } from "./ssh-argv.ts";
import { connectionLost, loginFailure } from "./ssh-failure.ts";
import type { SshProcess, Variables } from "./ssh-process.ts";
import { startSsh } from "./ssh-process.ts";

/** What a login needs to know of the process that it is made for. */
export interface SshContext {
  /** Handed on to ssh. `SYNCLINE_SSH` in it is the ssh program to start. */
  readonly environment: Variables;
  /** Somebody is at a terminal, where ssh itself can ask. */
  readonly interactive: boolean;
}

/** An ssh under way to its host. */
export interface SshLogin {
  readonly ssh: SshProcess;
  /** Something has come from there: the login goes on, and time counts anew. */
  progress(): void;
  /** The program there has answered: nobody is asked for a password any more, and silence is somebody else's concern. */
  succeed(): void;
  /** Waits for ssh to end, and says why it did. `printed` is what programs there have said of it on standard output. */
  failure(printed?: string): Promise<SyncError>;
}

/** Starts ssh. Throws `USAGE` where the password cannot be had. */
export async function beginLogin(
  address: HostAddress,
  program: RemoteProgram,
  { login, context }: { readonly login: LoginOptions; readonly context: SshContext },
): Promise<SshLogin> {
  const { host } = address;
  const { password: source, timeout } = login;
  const asksPerson = context.interactive && source === undefined;
  const args = sshArguments(address, program, {
    login,
    mayAsk: context.interactive || source !== undefined,
    ciphers: preferredCiphers(),
  });
  let isLate = false;
  let isDone = false;
  const deadline = newDeadline(timeout, () => {
    isLate = true;
    ssh.kill();
  });
  const askpass = await prepareAskpass(args, { login, context, deadline });
  const ssh = startSsh({
    args,
    environment: environmentOf(login, context, askpass),
    apart: source !== undefined,
  });
  const settle = (): void => {
    deadline.end();
    void askpass?.[Symbol.asyncDispose]();
  };
  // Nobody is hurried who types a password; ssh itself gives up on a host that does not answer.
  if (!asksPerson) deadline.restart();
  void ssh.ended.then(settle);
  return {
    ssh,
    progress: () => deadline.restart(),
    succeed: () => {
      isDone = true;
      settle();
    },
    async failure(printed = "") {
      const end = await ssh.ended;
      const asked = askpass?.failure();
      if (asked instanceof SyncError) return asked;
      if (isLate) return silence(host, timeout);
      return isDone ? connectionLost(host, end) : loginFailure(host, end, { program, printed });
    },
  };
}

function environmentOf(
  { password }: LoginOptions,
  { environment }: SshContext,
  askpass: Askpass | undefined,
): Variables {
  if (password === undefined) return environment;
  return { ...withoutPassword(password, environment), ...askpass?.variables };
}

interface Preparation {
  readonly login: LoginOptions;
  readonly context: SshContext;
  readonly deadline: Deadline;
}

async function prepareAskpass(
  args: readonly string[],
  { login, context: { environment }, deadline }: Preparation,
): Promise<Askpass | undefined> {
  if (login.password === undefined) return undefined;
  const password = passwordFrom(login.password, environment);
  const recipient = await findRecipient(args, withoutPassword(login.password, environment));
  return openAskpass({
    recipient,
    password,
    onAsking: (isUnderWay) => {
      if (isUnderWay) deadline.pause();
      else deadline.restart();
    },
  });
}

function silence(host: string, timeout: number): SyncError {
  return new SyncError(
    "ENDPOINT_UNREACHABLE",
    `${host}: nothing was heard from it for ${timeout / 1000} seconds`,
    { hint: "Check the network; --timeout allows more time." },
  );
}
