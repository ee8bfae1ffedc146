/** Where a password or passphrase is to come from. */
export type PasswordSource =
  /** A variable of the environment, which is kept from ssh. */
  | { readonly type: "env"; readonly name: string }
  /** The first line of a file that nobody else may read. */
  | { readonly type: "file"; readonly path: string }
  /** The first line that a command line of the user's own prints. */
  | { readonly type: "command"; readonly line: string };

/** One setting for ssh, as in its configuration. */
export interface SshOption {
  readonly name: string;
  readonly value: string;
}

/** How to log in to another host, beyond what the user's ssh configuration says. */
export interface LoginOptions {
  /** File of the private key. */
  readonly identity: string | undefined;
  readonly password: PasswordSource | undefined;
  readonly sshOptions: readonly SshOption[];
  /** The node program there: a name to be found in its PATH, or a path; `~/` is the home directory there. */
  readonly remoteNode: string;
  /** Milliseconds without any progress after which a login has failed. Nobody is hurried who is asked for something. */
  readonly timeout: number;
}

export const defaultLogin: LoginOptions = {
  identity: undefined,
  password: undefined,
  sshOptions: [],
  remoteNode: "node",
  timeout: 30_000,
};

/** All that decides how other hosts are reached, and what is made of the connection. */
export interface RemoteOptions extends LoginOptions {
  /** How often a lost connection is made again, one after the other. */
  readonly retries: number;
  /** Bound of what is sent, and of what is received, each second, on each connection. */
  readonly bytesPerSecond: number | undefined;
  /** One remote host sends to the other by itself, where it can. */
  readonly direct: boolean;
  /** Somebody is at a terminal, where ssh itself can ask. */
  readonly interactive: boolean;
  /** What ssh is started with; passwords are looked up here, too. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Nothing asked for, and an empty environment. */
export const plainLogin: RemoteOptions = {
  ...defaultLogin,
  retries: 3,
  bytesPerSecond: undefined,
  direct: false,
  interactive: false,
  environment: {},
};
