import { SyncError } from "../../base/errors.ts";
import type { BootstrapAnswer } from "../../wire/bootstrap.ts";
import { bootstrapMark, oldestNode, parseAnswer } from "../../wire/bootstrap.ts";
import type { SshLogin } from "../ssh/ssh-login.ts";

/** The first words from the other host. */
export interface Greeting {
  readonly answer: BootstrapAnswer;
  /** What login scripts have printed before it, if anything. */
  readonly noise: string;
  /** What has come after it: the agent's own. */
  readonly rest: Uint8Array;
}

const mostNoise = 65_536;
const longestLine = 16_384;
const lineFeed = 0x0a;

/** Waits for the bootstrap's answer, behind whatever a login prints. Throws where there is none. */
export async function readGreeting(host: string, login: SshLogin): Promise<Greeting> {
  let seen = Buffer.alloc(0);
  for (;;) {
    const greeting = takeApart(host, seen);
    if (greeting !== undefined) return greeting;
    const piece = await login.ssh.arrivals.next();
    if (piece === undefined) throw await login.failure(seen.toString("utf8"));
    login.progress();
    seen = Buffer.concat([seen, piece]);
  }
}

function takeApart(host: string, seen: Buffer): Greeting | undefined {
  const mark = seen.indexOf(bootstrapMark);
  if (mark === -1) {
    if (seen.length <= mostNoise) return undefined;
    throw new SyncError(
      "ENDPOINT_PROTOCOL",
      `${host}: a login there prints more than can be passed over`,
      { hint: "Let the login scripts there print nothing unless they are at a terminal." },
    );
  }
  const begin = mark + bootstrapMark.length;
  const end = seen.indexOf(lineFeed, begin);
  if (end === -1 && seen.length - begin <= longestLine) return undefined;
  const answer = end === -1 ? undefined : parseAnswer(seen.toString("utf8", begin, end));
  if (answer === undefined) {
    throw new SyncError("ENDPOINT_PROTOCOL", `${host}: what it answers makes no sense`);
  }
  const noise = seen.toString("utf8", 0, mark).trim();
  return { answer, noise, rest: seen.subarray(end + 1) };
}

/** What to tell people of a login that prints. */
export function noiseNotice(host: string, noise: string): string {
  const line = noise.split("\n", 1)[0]!.slice(0, 80);
  return `${host} prints to standard output when a program logs in (“${line}”); it was passed over, but is in the way of other programs`;
}

/** Why there will be no agent, as its absence was answered. */
export function refusal(
  host: string,
  answer: Exclude<BootstrapAnswer, { word: "have" | "need" }>,
  remoteNode: string,
): SyncError {
  const hint = `Node ${oldestNode} or newer is needed there; --remote-node says where it is. sftp://${host}/… needs none.`;
  switch (answer.word) {
    case "no-node":
      return new SyncError("ENDPOINT_NO_NODE", `${host}: there is no ${remoteNode} to be run`, {
        hint,
      });
    case "old-node":
      return new SyncError("ENDPOINT_NO_NODE", `${host}: Node ${answer.version} is too old`, {
        hint,
      });
    case "failed":
      return new SyncError(
        "ENDPOINT_PROTOCOL",
        `${host}: the agent could not be started: ${answer.message}`,
      );
  }
}
