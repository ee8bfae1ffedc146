import { defaultLogin } from "../core/login.ts";
import { connectAgent } from "../endpoint/agent/connect-agent.ts";
import type { ProgramFiles } from "../endpoint/agent/parts.ts";
import { limitTransport } from "../endpoint/ssh/limited-transport.ts";
import type { Variables } from "../endpoint/ssh/ssh-process.ts";
import type { ConnectOn } from "./other-hosts.ts";

/** What a connection to a further host is made with: what has come here, and what is here. */
export interface Belongings {
  /** The programs to bring along: this one's own. */
  readonly programs: ProgramFiles;
  readonly environment: Variables;
}

/** By the ssh of this host, which finds nobody to ask. */
export function connectWith({ programs, environment }: Belongings): ConnectOn {
  return ({ address, remoteNode, timeout, bytesPerSecond }, onNotice) => {
    const login = { ...defaultLogin, remoteNode, timeout };
    const context = { environment, interactive: false, onNotice, programs };
    const { facts, transport } = connectAgent(address, login, context);
    if (bytesPerSecond === undefined) return { facts, transport };
    return { facts, transport: limitTransport(transport, bytesPerSecond) };
  };
}
