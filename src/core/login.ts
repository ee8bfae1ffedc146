/** Where a password, or the passphrase of a key, comes from: one line, without its end. */
export type PasswordSource =
  | { readonly type: "env"; readonly name: string }
  | { readonly type: "file"; readonly path: string }
  /** A line for `sh`. */
  | { readonly type: "command"; readonly command: string };

/** How other hosts are reached. What is not said is OpenSSH's own to decide. */
export interface LoginOptions {
  /** A file with a private key. */
  readonly identity?: string;
  readonly passwordFrom?: PasswordSource;
  /** For ssh's `-o`, each `Name=value`, in order. */
  readonly sshOptions: readonly string[];
  /** The program `node` on the other host, where that is not found by this name. */
  readonly remoteNode?: string;
  /** Longer silence means that a connection is lost. Milliseconds. */
  readonly timeoutMs?: number;
  /** How often a lost connection is made again. */
  readonly retries: number;
  /** Bound of what is sent, and of what is received, each second, on each connection. */
  readonly bytesPerSecond?: number;
  /** One remote host sends to the other by itself, where it can. */
  readonly direct: boolean;
  /** The program to call instead of `ssh`. */
  readonly sshProgram?: string;
  /** What ssh is started with; passwords are looked up here, too. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Nothing asked for, and an empty environment. */
export const plainLogin: LoginOptions = {
  sshOptions: [],
  retries: 3,
  direct: false,
  environment: {},
};
