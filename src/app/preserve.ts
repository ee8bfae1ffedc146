import type { Preserve, PreserveKey } from "../core/preserve.ts";
import { preserveKeys } from "../core/preserve.ts";
import type { Capabilities } from "../endpoint/endpoint.ts";

/** What only those can give who may do anything. */
const forPrivileged: ReadonlySet<PreserveKey> = new Set(["owner", "group", "devices"]);

/** Entries, and not just what is known of them. */
const wholeEntries: ReadonlySet<PreserveKey> = new Set(["devices", "specials"]);

export interface EffectivePreserve {
  readonly preserve: Preserve;
  /** Asked for by name, and not to be had: to be said once. */
  readonly refused: readonly PreserveKey[];
}

/**
 * What a pair keeps: everything both ends can, but for what was said; owners, groups and devices as root or when asked, and
 * devices of another host only when asked.
 */
export function effectivePreserve(
  wishes: ReadonlyMap<PreserveKey, boolean>,
  source: Capabilities,
  target: Capabilities,
): EffectivePreserve {
  const refused: PreserveKey[] = [];
  const decide = (key: PreserveKey): readonly [PreserveKey, boolean] => {
    const wish = wishes.get(key);
    const possible = source.keeps[key] && target.keeps[key];
    if (wish === true && !possible) {
      refused.push(key);
      // Whole entries are at stake: each that cannot be made is a problem of its own.
      if (wholeEntries.has(key)) return [key, true];
    }
    const isForeign = key === "devices" && source.remote;
    const usual = (target.privileged && !isForeign) || !forPrivileged.has(key);
    return [key, possible && (wish ?? usual)];
  };
  const preserve = Object.fromEntries(preserveKeys.map(decide)) as unknown as Preserve;
  return { preserve, refused };
}
