import type { Carried, LocalHost } from "../endpoint/local/host.ts";
import type { Variables } from "../endpoint/ssh/ssh-process.ts";
import type { Transport } from "../wire/transport.ts";
import type { ConnectOn } from "./other-hosts.ts";

/** What the bootstrap hands to the program that it has made sure of. */
export interface AgentStart {
  /** Bytes that have come for the program already. */
  readonly early: Uint8Array;
  /** More of them come as blocks, each after its length, up to an empty one; after that, bytes as they are. */
  readonly isFramed: boolean;
  readonly carried: Carried;
  /** A directory to be removed at the end. */
  readonly temporary: string | undefined;
  /** The bootstrap itself. */
  readonly bootstrapText: string;
}

/** What is around the program that has been started. */
export interface Surroundings {
  readonly environment: Variables;
}

/** What an agent knows of how it was started. */
export interface AgentFacts {
  /** Opens what all endpoints share. */
  readonly openHost: () => Promise<LocalHost>;
  /** Paths that are not absolute begin here. */
  readonly home: string;
  /** Gives what makes connections to other hosts, which few agents are asked for. */
  readonly connectOn: () => Promise<ConnectOn>;
}

/** Speaks the protocol until the other side is through, or lost. */
export type Serve = (transport: Transport, facts: AgentFacts) => Promise<void>;
