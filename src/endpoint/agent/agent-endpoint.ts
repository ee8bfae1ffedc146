import type { ByteString } from "../../base/byte-string.ts";
import { SyncError } from "../../base/errors.ts";
import { parseStamp } from "../../core/version-stamp.ts";
import type { Messages } from "../../wire/messages.ts";
import { readVersions } from "../../wire/options.ts";
import type { OtherHost } from "../../wire/other-host.ts";
import type { PlaceInfo } from "../../wire/place.ts";
import { readOpeningAnswer, readPlace } from "../../wire/place.ts";
import { WireError } from "../../wire/wire-error.ts";
import type { AgentLine, Conversation, Live } from "./agent-line.ts";
import { applyThere } from "./apply-there.ts";
import { chunksThere, compareThere, hashThere } from "./hash-there.ts";
import { readThere, readOneThere } from "./read-there.ts";
import type { AgentEndpoint, Remote } from "./remote.ts";
import { areTogether } from "./remote.ts";
import { scanThere } from "./scan-there.ts";

/** What is opened over a line. */
export interface PlaceToOpen {
  readonly number: number;
  /** As typed, for messages. */
  readonly location: string;
  readonly path: ByteString;
  /** Where it is, if not on the agent's own host. Nothing of what crosses the line is the endpoint's own traffic, then. */
  readonly on?: OtherHost;
}

/** More is told only by who does not know when to stop. */
const mostNotices = 100;

/** An endpoint for a directory at the other end. It is looked at when its root is first asked for. */
export function openAgent(line: AgentLine, what: PlaceToOpen): AgentEndpoint {
  const { location, number, path, on } = what;
  let known: PlaceInfo | undefined;
  const open = async (live: Live): Promise<PlaceInfo> => {
    const conversation = live.ask({ type: "open", endpoint: number, path, on });
    const place = await hearPlace(line, conversation, on !== undefined);
    if (known !== undefined) requireSame(location, known, place);
    return (known ??= place);
  };
  const knownPlace = (): PlaceInfo => {
    if (known === undefined) throw new Error(`${location} has not been looked at`);
    return known;
  };
  const remote: Remote = {
    line,
    number,
    location,
    isBeyond: on !== undefined,
    counts: { entries: 0, files: 0, bytes: 0 },
    place: (live) => {
      const opening = live.places.get(number) ?? open(live);
      live.places.set(number, opening);
      return opening;
    },
  };
  const ask = <T>(work: (live: Live) => Promise<T>): Promise<T> =>
    line.run(async (live) => {
      await remote.place(live);
      return work(live);
    });
  return {
    remote,
    location,
    usesBasis: true,
    get machine() {
      return knownPlace().machine;
    },
    get capabilities() {
      return knownPlace().capabilities;
    },
    root: async () => (known ?? (await ask((live) => remote.place(live)))).root,
    async makeRoot() {
      known = await ask(async (live) => {
        const { messages } = live.ask({ type: "make-root", endpoint: number });
        return messages.expect(readPlace);
      });
    },
    scan: (request, signal) => scanThere(remote, request, signal),
    read: (file, expected, options, signal) =>
      readOneThere(remote, { path: file, entry: expected }, options, signal),
    readFiles: (files, options, signal) => readThere(remote, files, options, signal),
    compareContent(checks, source, options, signal) {
      if (!areTogether(source, remote)) return undefined;
      return compareThere({ remote, source: source.remote, options }, checks, signal);
    },
    hash: (requests, options, signal) => hashThere(remote, requests, options, signal),
    chunks: (requests, options, signal) => chunksThere(remote, requests, options, signal),
    beginVersions: (at, record) =>
      ask(async (live) => {
        const { messages } = live.ask({ type: "begin-versions", endpoint: number, at });
        const stamp = await messages.expect((from) => from.text(64));
        if (stamp !== "") {
          if (parseStamp(stamp) === undefined) throw new WireError("a moment's name is none");
          const text = await record(stamp);
          await messages.send((out) => void out.text(text));
        }
        const versions = await messages.expect(readVersions);
        if ("stamp" in versions && versions.stamp !== stamp)
          throw new WireError("old copies have got another name");
        return versions;
      }),
    apply: (actions, ordered, source, options, signal) =>
      applyThere({ remote, ordered, source, options }, actions, signal),
    flush: () =>
      ask(async (live) => {
        const { channel } = live.ask({ type: "flush", endpoint: number });
        await channel.receive();
      }),
    thinVersions: (rule, at) =>
      ask(async (live) => {
        const { messages } = live.ask({ type: "thin", endpoint: number, rule, at });
        return messages.expect((from) => from.optional(() => from.text(4096)));
      }),
    progress: () => ({ ...remote.counts }),
    traffic: () => (remote.isBeyond ? { sent: 0, received: 0 } : line.traffic()),
    // The line ends with whoever made it.
    async [Symbol.asyncDispose]() {},
  };
}

/** Passes on what people are told, up to the place, and with `staying` also what comes behind it. */
async function hearPlace(
  line: AgentLine,
  { channel, messages }: Conversation,
  staying: boolean,
): Promise<PlaceInfo> {
  let notices = 0;
  const pass = (text: string): void => {
    if (++notices > mostNotices) channel.cancel();
    else line.onNotice(`${line.name}: ${text}`);
  };
  for (;;) {
    const answer = await messages.expect(readOpeningAnswer);
    if (answer.type === "notice") {
      pass(answer.text);
      continue;
    }
    if (staying) void passOn(messages, pass);
    return answer.place;
  }
}

/** Until the end, however it comes: whoever asks for more than notices hears of it. */
async function passOn(messages: Messages, pass: (text: string) => void): Promise<void> {
  try {
    for (;;) {
      const answer = await messages.receive(readOpeningAnswer);
      if (answer?.type !== "notice") return;
      pass(answer.text);
    }
  } catch {
    // The channel is over.
  }
}

/** Whoever comes back to a place must find the directory that was looked at, and no other one. */
function requireSame(location: string, before: PlaceInfo, now: PlaceInfo): void {
  const isSame =
    before.root.lineage[0] === now.root.lineage[0] ||
    before.root.kind === "missing" ||
    before.machine !== now.machine;
  if (isSame) return;
  throw new SyncError(
    "ROOT_UNREADABLE",
    `${location}: it became another directory while the connection was lost`,
  );
}
