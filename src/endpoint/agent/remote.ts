import type { PlaceInfo } from "../../wire/place.ts";
import type { ContentSource, Endpoint, Progress } from "../endpoint.ts";
import type { AgentLine, Live } from "./agent-line.ts";

/** Counts as they grow. */
export type Counts = { -readonly [key in keyof Progress]: Progress[key] };

/** A place at the other end of a line. */
export interface Remote {
  readonly line: AgentLine;
  /** Of the place, among those of the line. */
  readonly number: number;
  readonly location: string;
  /** It is on another host than the agent, which reaches it by itself. */
  readonly isBeyond: boolean;
  readonly counts: Counts;
  /** Makes sure that the place is open over that connection, and gives what it is. */
  place(live: Live): Promise<PlaceInfo>;
}

/** An endpoint that an agent serves. */
export interface AgentEndpoint extends Endpoint {
  readonly remote: Remote;
}

/** Whether an endpoint is at the other end of that very line, or beyond it: its content need not come here to get there. */
export function isOnLine(endpoint: ContentSource, line: AgentLine): endpoint is AgentEndpoint {
  return "remote" in endpoint && (endpoint as AgentEndpoint).remote.line === line;
}

/** Whether an endpoint and a place have their files where one agent can reach both. */
export function areTogether(
  endpoint: Endpoint,
  { line, isBeyond }: Remote,
): endpoint is AgentEndpoint {
  return isOnLine(endpoint, line) && !endpoint.remote.isBeyond && !isBeyond;
}
