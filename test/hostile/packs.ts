/** Packs made by hand: as they should be, until somebody has had his way with them. */
import { newHasher } from "../../src/fs/hasher.ts";
import type { PackHeader } from "../../src/wire/pack.ts";
import { packHeaderBytes, writePackHeader } from "../../src/wire/pack.ts";
import { PackWriter } from "../../src/wire/pack-writer.ts";

const blake = await newHasher("blake3");

export function digestOf(...parts: readonly Uint8Array[]): Uint8Array {
  blake.begin();
  for (const part of parts) blake.update(part);
  return blake.digest().slice();
}

/** A pack whose header and digest are as they should be. */
export function pack(
  fill: (writer: PackWriter) => void,
  { first = 0, continues = false, isOpen = false }: Partial<PackHeader> = {},
): Uint8Array {
  const writer = new PackWriter();
  writer.begin(1 << 16, first, continues);
  fill(writer);
  return writer.seal(
    isOpen,
    (records) => digestOf(records).subarray(0, 16),
    () => undefined,
  );
}

export function whole(writer: PackWriter, index: number, content: Uint8Array): void {
  writer.whole(index, content.length).set(content);
}

export function data(writer: PackWriter, content: Uint8Array): void {
  writer.data(content.length).set(content);
}

/** The pack with another header. */
export function spoiled(
  sound: Uint8Array,
  how: (header: PackHeader) => Partial<PackHeader>,
): Uint8Array {
  const copy = sound.slice();
  const view = new DataView(copy.buffer);
  const header: PackHeader = {
    codec: "none",
    continues: false,
    isOpen: false,
    length: view.getUint32(4, true),
    first: view.getUint32(8, true),
    end: view.getUint32(12, true),
    digest: copy.slice(16, packHeaderBytes),
  };
  writePackHeader(copy, { ...header, ...how(header) });
  return copy;
}

/** Something that says of itself that it is a pack of two files, compressed. */
export function squeezed(length: number, body: Uint8Array): Uint8Array {
  const out = new Uint8Array(packHeaderBytes + body.length);
  out.set(body, packHeaderBytes);
  const digest = new Uint8Array(16);
  const facts = { continues: false, isOpen: false, first: 0, end: 2, digest };
  writePackHeader(out, { codec: "zstd", length, ...facts });
  return out;
}
