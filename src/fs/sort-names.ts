import type { Name } from "../core/path.ts";

/**
 * Sorts a listing by bytes, in place, and drops what a directory that changes under the listing gave twice. Many file
 * systems list in order; then nothing is done.
 */
export function sortNames(names: Name[]): Name[] {
  if (isStrictlySorted(names)) return names;
  // Without a comparator the order is that of UTF-16 units, and in a byte string those are the bytes.
  names.sort();
  return isStrictlySorted(names) ? names : names.filter((name, i) => name !== names[i - 1]);
}

function isStrictlySorted(names: readonly Name[]): boolean {
  for (let i = 1; i < names.length; i++) {
    if (names[i - 1]! >= names[i]!) return false;
  }
  return true;
}
