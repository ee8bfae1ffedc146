import type { Clock } from "../base/clock.ts";
import type { Variables } from "./look.ts";
import type { OutputStream } from "./output.ts";

/** The process as commands see it: everything that a test would want to stand in for. */
export interface Host {
  /** The environment. Only main.ts takes it from the process. */
  readonly variables: Variables;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly clock: Clock;
  /** Calls back whenever somebody asks the process to end, until told to stop listening. */
  readonly onSignal: (listener: () => void) => () => void;
  /** Calls back when the process ends, however that comes about. */
  readonly onExit: (listener: () => void) => void;
  /** Ends the process at once. */
  readonly exitNow: (code: number) => never;
}
