import { SyncError } from "../base/errors.ts";
import type { PasswordSource, SshOption } from "../core/login.ts";

/** Takes `env:NAME`, `file:PATH` or `command:LINE` apart. Throws a usage error, which never repeats the text. */
export function parsePasswordSource(text: string): PasswordSource {
  const [, type, value] = /^(env|file|command):(.+)$/s.exec(text) ?? [];
  if (type === undefined || value === undefined || value.includes("\0")) {
    throw new SyncError("USAGE", "--password-from: this is no source of a password", {
      hint: "Write env:NAME, file:PATH or command:LINE; the password itself is never typed here.",
    });
  }
  if (type === "file") return { type, path: value };
  if (type === "command") return { type, line: value };
  if (value.includes("=")) {
    throw new SyncError("USAGE", "--password-from: a variable has no = in its name");
  }
  return { type: "env", name: value };
}

/** Takes `Name=value` apart, a setting as ssh's configuration has them. Throws a usage error. */
export function parseSshOption(text: string): SshOption {
  const [, name, value] = /^([A-Za-z][A-Za-z0-9]*)\s*=\s*(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined || /[\0\r\n]/.test(text)) {
    throw new SyncError("USAGE", `--ssh-option: ${text} is no setting of ssh`, {
      hint: "Write Name=value, as in ssh's configuration: ConnectTimeout=10.",
    });
  }
  return { name, value };
}

/** Checks the name or path of the node program on another host. Throws a usage error. */
export function parseRemoteNode(text: string): string {
  if (text !== "" && !text.startsWith("-") && !/[\x00-\x1f\x7f]/.test(text)) return text;
  throw new SyncError("USAGE", "--remote-node: this is not the name of a program", {
    hint: "Write a name that is found there, or a path: --remote-node /opt/node/bin/node.",
  });
}
