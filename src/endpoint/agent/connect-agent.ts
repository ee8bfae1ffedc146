/**
 * `agent` is the driver for hosts where Node runs: the client of an agent, which is brought along over ssh. This file is the way
 * from an address to a running agent; what is said to it then is not its concern.
 */
import type { HostAddress } from "../../core/location.ts";
import type { LoginOptions } from "../../core/login.ts";
import type { HostFacts, PartName } from "../../wire/bootstrap.ts";
import { blockPrefix } from "../../wire/start-blocks.ts";
import type { Transport } from "../../wire/transport.ts";
import type { SshContext, SshLogin } from "../ssh/ssh-login.ts";
import { beginLogin } from "../ssh/ssh-login.ts";
import { bytesUntilEnd } from "../ssh/ssh-transport.ts";
import { noiseNotice, readGreeting, refusal } from "./greeting.ts";
import type { Outbox } from "./outbox.ts";
import { newOutbox } from "./outbox.ts";
import type { Parts, ProgramFiles } from "./parts.ts";
import { loadParts } from "./parts.ts";
import { loader, remoteCommand } from "./remote-command.ts";

export interface AgentContext extends SshContext {
  /** Takes a sentence for people. */
  readonly onNotice: (text: string) => void;
  /** The programs to bring along, if not those of the package. */
  readonly programs?: ProgramFiles;
}

export interface AgentConnection {
  /**
   * To be written to at once: the first 256 KiB travel with the login, so that the agent answers them as it starts. Why there is
   * no agent, or not any more, is thrown by `incoming`, as a `SyncError`.
   */
  readonly transport: Transport;
  /** Known when the host has answered; rejects with the same error. */
  readonly facts: Promise<HostFacts>;
}

/** Logs in and starts an agent. Returns at once; nothing has been reached then. */
export function connectAgent(
  address: HostAddress,
  login: LoginOptions,
  context: AgentContext,
): AgentConnection {
  const outbox = newOutbox();
  const state: State = { isDestroyed: false, begun: undefined };
  const started = startAgent({ address, login, context, outbox, state });
  // Whoever reads what comes is told; nobody has to ask for the facts.
  const facts = started.then((agent) => agent.facts);
  facts.catch(() => outbox.drop());
  return {
    facts,
    transport: {
      opened: facts,
      write: (bytes) => outbox.write(bytes),
      traffic: () => ({
        sent: state.begun?.ssh.departures.count ?? 0,
        received: state.begun?.ssh.arrivals.count ?? 0,
      }),
      destroy() {
        state.isDestroyed = true;
        outbox.drop();
        state.begun?.ssh.kill();
      },
      incoming: incomingFrom(started, state),
    },
  };
}

/** What a connection and its beginning know of each other. */
interface State {
  isDestroyed: boolean;
  begun: SshLogin | undefined;
}

interface Start {
  readonly address: HostAddress;
  readonly login: LoginOptions;
  readonly context: AgentContext;
  readonly outbox: Outbox;
  readonly state: State;
}

interface StartedAgent {
  readonly login: SshLogin;
  readonly facts: HostFacts;
  /** What it has said already. */
  readonly rest: Uint8Array;
}

async function startAgent(start: Start): Promise<StartedAgent> {
  const { address, login: options, context, outbox, state } = start;
  const { host } = address;
  const parts = await loadParts(context.programs);
  const login = await beginLogin(address, { command: remoteCommand }, { login: options, context });
  state.begun = login;
  if (state.isDestroyed) login.ssh.kill();
  void login.ssh.ended.then(() => outbox.drop());
  sendBeginning(login, parts, options.remoteNode);
  outbox.open(login.ssh.departures);
  try {
    const { answer, noise, rest } = await readGreeting(host, login);
    if (answer.word !== "have" && answer.word !== "need") {
      throw refusal(host, answer, options.remoteNode);
    }
    login.succeed();
    if (noise !== "") context.onNotice(noiseNotice(host, noise));
    const { facts } = answer;
    if (facts.notice !== undefined) context.onNotice(`${host}: ${facts.notice}`);
    const needed: readonly PartName[] = answer.word === "need" ? answer.parts : [];
    outbox.release(needed.flatMap((name) => parts.contents.get(name) ?? []));
    return { login, facts, rest };
  } catch (error) {
    login.ssh.kill();
    throw error;
  }
}

/** Two lines for the shell, a block for the loader, and one for the bootstrap. */
function sendBeginning({ ssh }: SshLogin, { bootstrap, header }: Parts, node: string): void {
  const facts = Buffer.from(JSON.stringify(header));
  void ssh.departures.write(
    Buffer.concat([
      Buffer.from(`${node}\n${loader}\n${blockPrefix(bootstrap.length)}`),
      bootstrap,
      Buffer.from(blockPrefix(facts.length)),
      facts,
    ]),
  );
}

async function* incomingFrom(
  started: Promise<StartedAgent>,
  state: State,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    const { login, rest } = await started;
    if (rest.length > 0) yield rest;
    yield* bytesUntilEnd(login, () => state.isDestroyed);
  } catch (error) {
    // Who has ended it knows why.
    if (!state.isDestroyed) throw error;
  }
}
