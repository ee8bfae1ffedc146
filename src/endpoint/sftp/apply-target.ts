import type { ByteString } from "../../base/byte-string.ts";
import type { Applier } from "./applier.ts";
import type { Link } from "./link.ts";

/** Where actions are carried out. */
export interface ApplyTarget {
  readonly link: Link;
  /** What they are carried out with, over the connection that there is. */
  readonly applier: () => Promise<Applier>;
  /** Temporary names that connections were lost with. */
  readonly unswept: Set<ByteString>;
}
