import type { PreserveKey } from "../core/preserve.ts";
import { takePowers } from "../core/powers.ts";
import type { SnapshotChunk } from "../core/snapshot.ts";
import { BLOCK_DEVICE, CHARACTER_DEVICE } from "../core/snapshot.ts";
import type { Endpoint } from "../endpoint/endpoint.ts";

/** What has been said about what shall be kept, and who hears of what is not. */
export interface ForeignRules {
  readonly wishes: ReadonlyMap<PreserveKey, boolean>;
  readonly onNotice: (message: string) => void;
}

/**
 * A place on another host. As a source it is believed in all but one thing: whoever could have put a program there gets no power
 * here by it. Its files come without set-id bits and capabilities, and its devices not at all, unless that was asked for by name.
 */
export function asForeign(endpoint: Endpoint, rules: ForeignRules): Endpoint {
  const told = new Set<string>();
  const tell = (message: string): void => {
    if (!told.has(message)) rules.onNotice(message);
    told.add(message);
  };
  return Object.create(endpoint, {
    scan: {
      value: (...[request, signal]: Parameters<Endpoint["scan"]>) => {
        const chunks = endpoint.scan(request, signal);
        return request.side === "source" ? sift(chunks, endpoint.location, rules, tell) : chunks;
      },
    },
  }) as Endpoint;
}

async function* sift(
  chunks: AsyncIterable<SnapshotChunk>,
  location: string,
  { wishes }: ForeignRules,
  tell: (message: string) => void,
): AsyncGenerator<SnapshotChunk> {
  const takesPowers = wishes.get("mode") === true;
  const isSilent = wishes.has("devices");
  for await (const chunk of chunks) {
    if (!takesPowers && takePowers(chunk)) {
      tell(
        `${location}: set-id bits and capabilities of files are not taken from another host; see --preserve mode`,
      );
    }
    if (!isSilent && hasDevice(chunk))
      tell(`${location}: devices are not taken from another host; see --preserve devices`);
    yield chunk;
  }
}

function hasDevice({ kind, count }: SnapshotChunk): boolean {
  const some = kind.subarray(0, count);
  return some.includes(BLOCK_DEVICE) || some.includes(CHARACTER_DEVICE);
}
