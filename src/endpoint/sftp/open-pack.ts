import type { Hasher } from "../../fs/hasher.ts";
import { decompress } from "../../fs/squeeze.ts";
import type { PackHeader } from "../../wire/pack.ts";
import { packHeaderBytes, readPackHeader } from "../../wire/pack.ts";
import { PackReader } from "../../wire/pack-reader.ts";
import { WireError } from "../../wire/wire-error.ts";

/** A pack whose records can be read. */
export interface OpenPack {
  readonly header: PackHeader;
  readonly records: PackReader;
}

/** Decompresses a pack and checks that it is what was sent; throws `WireError` where it is not. */
export function openPack(pack: Uint8Array, hasher: Hasher): OpenPack {
  const header = readPackHeader(pack);
  if (header === undefined) throw new WireError("a pack has no sound header");
  const records = recordsOf(pack, header);
  hasher.begin();
  hasher.update(records);
  const actual = hasher.digest();
  if (!header.digest.every((byte, i) => byte === actual[i])) {
    throw new WireError("a pack is not what was sent");
  }
  return { header, records: new PackReader(records, header) };
}

function recordsOf(pack: Uint8Array, { codec, length }: PackHeader): Uint8Array {
  try {
    return decompress(pack.subarray(packHeaderBytes), codec, length);
  } catch (cause) {
    throw new WireError(`a pack cannot be decompressed (${String(cause)})`);
  }
}
