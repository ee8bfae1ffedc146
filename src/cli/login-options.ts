import { Option } from "commander";

import { SyncError } from "../base/errors.ts";
import type { LoginChoices } from "../config/login.ts";
import {
  parsePasswordSource,
  parseRetries,
  parseSshOption,
  passwordSourceExamples,
  retriesExamples,
  sshOptionExamples,
} from "../config/login.ts";
import { parseRate, rateExamples } from "../config/rate.ts";
import type { PasswordSource, SshOption } from "../core/login.ts";
import type { Contradiction } from "./contradictions.ts";
import { duration, valueOf } from "./option-values.ts";

/** Options that say how other hosts are reached; settings for ssh go to the end of the list. */
export function loginOptions(sshOptions: SshOption[]): Option[] {
  return [
    new Option(
      "--bwlimit <RATE>",
      "send and receive no more than that each second: 500K, 2M",
    ).argParser(valueOf("--bwlimit", parseRate, "a rate", rateExamples)),
    new Option(
      "--timeout <DURATION>",
      "give up on a host that has been silent for so long (default: 30s)",
    ).argParser(duration("--timeout")),
    new Option(
      "--retries <N>",
      "make a lost connection again so often, and go on where it broke (default: 3)",
    ).argParser(valueOf("--retries", parseRetries, "a number of retries", retriesExamples)),
    new Option("--identity <FILE>", "log in with the private key in FILE"),
    new Option(
      "--password-from <WHERE>",
      "take the password, or the passphrase of the key, from env:NAME, file:PATH or the output of command:LINE",
    ).argParser(passwordSource),
    new Option("--ssh-option <NAME=VALUE>", "a setting for ssh, as for its own -o").argParser(
      (text: string) => {
        const parse = valueOf("--ssh-option", parseSshOption, "a setting", sshOptionExamples);
        sshOptions.push(parse(text));
      },
    ),
    new Option(
      "--remote-node <PROGRAM>",
      "the node there, where it is not found by that name (default: node)",
    ),
    new Option(
      "--direct",
      "between two other hosts, let the first send to the second by itself where it can",
    ),
  ];
}

/** A usage error here does not repeat the value: it may be the password itself. */
function passwordSource(text: string): PasswordSource {
  const source = parsePasswordSource(text);
  if (source !== undefined) return source;
  throw new SyncError("USAGE", "--password-from: this says not where the password is", {
    hint: `It is written like ${passwordSourceExamples}.`,
  });
}

/** What cannot be meant, each with what is wrong about it. */
export function loginContradictions({
  timeout,
  identity,
  remoteNode,
}: LoginChoices): Contradiction[] {
  return [
    [timeout === 0, "--timeout: the time must be longer than 0"],
    [identity === "", "--identity: the name of the file is empty"],
    [
      remoteNode !== undefined && !/^[^-\0\n][^\0\n]*$/.test(remoteNode),
      "--remote-node: this is not the name of a program",
    ],
  ];
}
