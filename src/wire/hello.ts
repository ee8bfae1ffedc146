import type { Limits } from "./limits.ts";
import { limitsTrouble, maxFacts, maxFactName, maxFactValue, maxHello } from "./limits.ts";
import { Reader } from "./reader.ts";
import { WireError } from "./wire-error.ts";
import { Writer } from "./writer.ts";

/** Raised with every change after which the old and the new would not understand each other. */
export const protocolVersion = 1;

/** How a side introduces itself. */
export interface Hello {
  /** What it takes. */
  readonly limits: Limits;
  /** What else it says of itself, for those who talk over the session. */
  readonly facts: ReadonlyMap<string, string>;
}

/** The other side speaks this protocol, but in another version. */
export class OtherVersion extends WireError {
  constructor(version: number) {
    super(
      `the other side speaks version ${version} of the protocol, and this side version ${protocolVersion}`,
    );
    this.name = "OtherVersion";
  }
}

const magic = new TextEncoder().encode("SYNCLINE");

export function encodeHello({ limits, facts }: Hello): Uint8Array {
  const writer = new Writer();
  writer.raw(magic).u16(protocolVersion);
  writer.u32(limits.maxMessage).u32(limits.maxRequest).u32(limits.maxChannels).u32(limits.window);
  writer.list([...facts], ([name, value]) => writer.text(name).text(value));
  if (writer.length > maxHello) throw new RangeError("a hello says too much");
  return writer.take();
}

/** Throws `WireError`; `OtherVersion` where that is all that is wrong, since what follows the version may be anything then. */
export function decodeHello(payload: Uint8Array, least: Limits): Hello {
  const reader = new Reader(payload);
  const start = reader.raw(magic.length);
  if (start.some((byte, i) => byte !== magic[i])) throw new WireError("a hello is none");
  const version = reader.u16();
  if (version !== protocolVersion) throw new OtherVersion(version);
  const limits: Limits = {
    maxMessage: reader.u32(),
    maxRequest: reader.u32(),
    maxChannels: reader.u32(),
    window: reader.u32(),
  };
  const trouble = limitsTrouble(limits, least);
  if (trouble !== undefined) throw new WireError(trouble);
  const facts = new Map<string, string>();
  const said = reader.list(maxFacts, () => [reader.text(maxFactName), reader.text(maxFactValue)]);
  reader.end();
  for (const [name, value] of said) facts.set(name!, value!);
  if (facts.size < said.length) throw new WireError("a hello says something twice");
  return { limits, facts };
}
