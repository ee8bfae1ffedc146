/**
 * What the client and the bootstrap of an agent say to each other, before there is an agent that speaks the protocol. What the
 * client says comes in blocks (`start-blocks.ts`); the bootstrap answers with one line of text.
 */

/** The oldest Node that runs the agent. */
export const oldestNode = 18;

/** What the answer begins with; a login script may have printed something before it. */
export const bootstrapMark = "\nsyncline-bootstrap ";

/** Bytes that may come for the agent before it is known to be there. */
export const mostEarly: number = 256 << 10;

/** What can be sent along: the agent itself, and native parts. */
export type PartName = "agent" | "koffi" | "blake";

/** A file that the client has, known by its content. */
export interface PartFacts {
  readonly name: PartName;
  /** In hexadecimal digits. */
  readonly sha256: string;
}

/** What native parts are built for. */
export interface Triple {
  readonly platform: string;
  readonly arch: string;
  readonly libc: string;
}

/** The client's first block, as JSON. */
export interface BootstrapHeader {
  /** The client's own; its native parts are for hosts that have the same. */
  readonly triple: Triple;
  readonly agent: PartFacts;
  readonly natives: readonly PartFacts[];
}

/** What is said of the host in an answer. */
export interface HostFacts extends Triple {
  readonly nodeVersion: string;
  /** Native parts serve there. */
  readonly natives: boolean;
  /** Something for people to know. */
  readonly notice: string | undefined;
}

/** The answer: a word, and what belongs to it as JSON. */
export type BootstrapAnswer =
  /** The agent starts. */
  | { readonly word: "have"; readonly facts: HostFacts }
  /** It will, when these have come, in this order. */
  | { readonly word: "need"; readonly facts: HostFacts; readonly parts: readonly PartName[] }
  /** There is no such program as Node was said to be. */
  | { readonly word: "no-node" }
  | { readonly word: "old-node"; readonly version: string }
  | { readonly word: "failed"; readonly message: string };

/** The answer as a line, after {@link bootstrapMark}. */
export function formatAnswer(answer: BootstrapAnswer): string {
  const { word, ...rest } = answer;
  return `${word} ${JSON.stringify(rest)}\n`;
}

/** Reads an answer without trusting it; `undefined` where it is none. */
export function parseAnswer(line: string): BootstrapAnswer | undefined {
  const [, word, text] = /^([a-z-]+)(?: (.*))?$/.exec(line.trimEnd()) ?? [];
  const rest = parseObject(text ?? "{}");
  switch (word) {
    case "have": {
      const facts = parseFacts(rest?.["facts"]);
      return facts && { word, facts };
    }
    case "need": {
      const facts = parseFacts(rest?.["facts"]);
      const parts = parseParts(rest?.["parts"]);
      return facts && parts && { word, facts, parts };
    }
    case "no-node":
      return { word };
    case "old-node":
      return { word, version: shortText(rest?.["version"]) ?? "" };
    case "failed":
      return { word, message: shortText(rest?.["message"]) ?? "" };
    default:
      return undefined;
  }
}

const longestText = 500;
const partNames: readonly PartName[] = ["agent", "koffi", "blake"];

function parseFacts(value: unknown): HostFacts | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const facts = value as Readonly<Record<string, unknown>>;
  const [platform, arch, libc, nodeVersion] = ["platform", "arch", "libc", "nodeVersion"].map(
    (name) => shortText(facts[name]),
  );
  if (platform === undefined || arch === undefined) return undefined;
  if (libc === undefined || nodeVersion === undefined) return undefined;
  const { natives, notice } = facts;
  return {
    platform,
    arch,
    libc,
    nodeVersion,
    natives: natives === true,
    notice: shortText(notice),
  };
}

/** Each at most once. */
function parseParts(value: unknown): PartName[] | undefined {
  if (!Array.isArray(value) || value.length > partNames.length) return undefined;
  const parts = partNames.filter((name) => value.includes(name));
  return parts.length === value.length ? (value as PartName[]) : undefined;
}

function shortText(value: unknown): string | undefined {
  return typeof value === "string" ? value.slice(0, longestText) : undefined;
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}
