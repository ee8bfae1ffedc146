/** The directory in a replica's own directory that holds old copies: one directory a run, named by its stamp. */
export const versionsName = "versions";

/** A run's directory in the version store. */
export interface StampedName {
  /** Milliseconds since the epoch at which the run began to change things. */
  readonly at: number;
  /** 1, or more where a path was kept once more in the same run. */
  readonly layer: number;
}

const pattern = /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d\.\d{3})Z(?:~([2-9]|[1-9]\d{1,3}))?$/;

/**
 * A moment as the name of a run's directory: UTC, to the millisecond, in an order that is that of time, and without the
 * colon that some file systems refuse.
 */
export function formatStamp(at: number): string {
  return new Date(at).toISOString().replaceAll(":", "-");
}

/** Reads what {@link formatStamp} writes, with or without the number of a layer; `undefined` for any other name. */
export function parseStamp(name: string): StampedName | undefined {
  const match = pattern.exec(name);
  if (match === null) return undefined;
  const [, day, hour, minute, second, layer = "1"] = match;
  const at = Date.parse(`${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(at) ? undefined : { at, layer: Number(layer) };
}

/** The name of a layer of a run's directory. */
export function layerName(stamp: string, layer: number): string {
  return layer === 1 ? stamp : `${stamp}~${layer}`;
}

/** The file beside a run's directory that says what the tree of old copies cannot. */
export function recordName(stamp: string): string {
  return `${stamp}.jsonl`;
}
