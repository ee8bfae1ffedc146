import { lostConnection } from "../../base/endpoint-failure.ts";
import type { SyncErrorCode } from "../../base/errors.ts";
import { SyncError } from "../../base/errors.ts";
import type { RemoteProgram } from "./ssh-argv.ts";

/** How an ssh process ended, and what it had said. */
export interface SshEnd {
  /** Undefined where a signal ended it. */
  readonly exitCode: number | undefined;
  /** What it printed to its standard error: its own words, and those of programs over there. */
  readonly stderr: string;
}

interface Meaning {
  readonly pattern: RegExp;
  readonly code: SyncErrorCode;
  readonly message: string;
  readonly hint: (host: string) => string;
}

/** The exit code for ssh's own failures. Programs over there may have it, too. */
const ownFailure = 255;
const maxSaidLines = 6;
/** Said in the place of ssh where there is none. */
export const noProgram = "syncline: there is no such program as ssh";

/** The first that fits counts. */
const meanings: readonly Meaning[] = [
  {
    pattern: /^command-line(?: line \d+)?: |Bad (?:SSH2 )?(?:configuration option|cipher spec)/im,
    code: "USAGE",
    message: "ssh does not understand one of its settings",
    hint: () => "Check --ssh-option and the configuration of ssh.",
  },
  {
    pattern: /REMOTE HOST IDENTIFICATION HAS CHANGED|differs from the key for the IP address/,
    code: "ENDPOINT_HOST_KEY",
    message: "the host key is not the one that is known: this may be another host",
    hint: (host) =>
      `If you know why the key has changed, remove the old one with \`ssh-keygen -R ${host}\`; else ask who runs the host.`,
  },
  {
    pattern: /Host key verification failed|key is known for .* requested strict checking/,
    code: "ENDPOINT_HOST_KEY",
    message: "the host key is not known",
    hint: (host) =>
      `Run \`ssh ${host}\` once, compare the key with the one you were told, and accept it.`,
  },
  {
    pattern:
      /^\S*: Permission denied \(|Too many authentication failures|No supported authentication/m,
    code: "ENDPOINT_AUTH",
    message: "the login was refused",
    hint: () => "Check the user, and the key (--identity) or the password (--password-from).",
  },
  {
    pattern: /^(?:exec|shell) request failed on channel/m,
    code: "ENDPOINT_NO_NODE",
    message: "no program can be run there",
    hint: sftpInstead,
  },
  {
    pattern: /^subsystem request failed on channel/m,
    code: "ENDPOINT_PROTOCOL",
    message: "it has no SFTP server",
    hint: (host) => `If programs can be run there, give the location as ssh://${host}/….`,
  },
  {
    pattern: /Could not resolve host|Name or service not known/,
    code: "ENDPOINT_UNREACHABLE",
    message: "there is no host of that name",
    hint: () => "Check the name; ssh resolves it, together with its configuration.",
  },
  {
    pattern: /Connection refused/,
    code: "ENDPOINT_UNREACHABLE",
    message: "the connection was refused",
    hint: () => "Check the port, and whether an ssh server runs there.",
  },
  {
    pattern: /timed? ?out/i,
    code: "ENDPOINT_UNREACHABLE",
    message: "nobody answered",
    hint: () => "Check the address and whether the host is up; --timeout allows more time.",
  },
  {
    pattern: /No route to host|unreachable|connect to host .* port|stdio forwarding failed/,
    code: "ENDPOINT_UNREACHABLE",
    message: "it cannot be reached",
    hint: () => "Check the address and the network.",
  },
  {
    pattern: /invalid (?:format|characters)|no matching/i,
    code: "ENDPOINT_UNREACHABLE",
    message: "no ssh server that we understand answers there",
    hint: serverLog,
  },
  // There was a connection: like any that is lost, it may be there again in a moment.
  {
    pattern: /kex_exchange_identification|Connection (?:closed|reset) by|banner/i,
    code: "ENDPOINT_LOST",
    message: "it ended the connection before the login",
    hint: serverLog,
  },
  {
    pattern: /client_loop|closed by remote host|Connection reset|Broken pipe/i,
    code: "ENDPOINT_LOST",
    message: "the connection was lost before the program there had answered",
    hint: serverLog,
  },
];

/** What ended a login: ssh itself, or a host that runs nothing for us. `printed` is what programs there have said of it. */
export function loginFailure(
  host: string,
  end: SshEnd,
  { program, printed }: { readonly program: RemoteProgram; readonly printed: string },
): SyncError {
  const said = lastLines(end.stderr);
  const meaning = meanings.find(({ pattern }) => pattern.test(end.stderr));
  if (meaning !== undefined && end.exitCode === ownFailure) {
    const { code, message, hint } = meaning;
    return new SyncError(code, `${host}: ${message}${said}`, { hint: hint(host) });
  }
  if (end.stderr.includes(noProgram)) {
    return new SyncError("ENDPOINT_UNREACHABLE", `${host}: ssh cannot be started`, {
      hint: "Install the OpenSSH client, or name the program in SYNCLINE_SSH.",
    });
  }
  if (end.exitCode === ownFailure || end.exitCode === undefined) {
    return new SyncError("ENDPOINT_UNREACHABLE", `${host}: ssh failed${said}`, {
      hint: `Run \`ssh ${host}\` to see what it says.`,
    });
  }
  const words = lastLines(`${end.stderr}\n${printed}`);
  if ("subsystem" in program) {
    const message = `${host}: its server for ${program.subsystem} ended at once${words}`;
    return new SyncError("ENDPOINT_PROTOCOL", message, {
      hint: "Check that the user may transfer files, and what the log of that host says.",
    });
  }
  return new SyncError("ENDPOINT_NO_NODE", `${host}: no program can be run there${words}`, {
    hint: sftpInstead(host),
  });
}

function serverLog(): string {
  return "Check that an ssh server listens at that port, and what its log says.";
}

function sftpInstead(host: string): string {
  return `A host that only transfers files is reached as sftp://${host}/….`;
}

/** What ended a connection that had been used. */
export function connectionLost(host: string, end: SshEnd): SyncError {
  const how =
    end.exitCode === ownFailure || end.exitCode === undefined
      ? "the connection was lost"
      : `the program there ended (exit code ${end.exitCode})`;
  return lostConnection(host, `${how}${lastLines(end.stderr)}`);
}

/** The last of what was said, to follow a message. Printers escape what must not reach a terminal. */
export function lastLines(stderr: string): string {
  const lines = stderr
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !/^@+$/.test(line));
  return lines.length === 0 ? "" : `: ${lines.slice(-maxSaidLines).join(" / ")}`;
}
