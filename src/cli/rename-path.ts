import type { ByteString } from "../base/byte-string.ts";
import { escapePath } from "./escape.ts";

/** Two paths in one, what they have in common said once: `2024/{Roma → Rome}/1.jpg`. */
export function renamePath(from: ByteString, to: ByteString, arrow: string): string {
  const [a, b] = [from.split("/"), to.split("/")];
  const most = Math.min(a.length, b.length);
  let before = 0;
  while (before < most && a[before] === b[before]) before++;
  let after = 0;
  while (after < most - before && a.at(-1 - after) === b.at(-1 - after)) after++;
  const middle = (names: string[]): string => shown(names.slice(before, names.length - after));
  const change = `${middle(a)} ${arrow} ${middle(b)}`;
  const head = before === 0 ? "" : `${shown(a.slice(0, before))}/`;
  const tail = after === 0 ? "" : `/${shown(a.slice(a.length - after))}`;
  return `${head}{${change}}${tail}`;
}

function shown(names: readonly string[]): string {
  return names.length === 0 ? "" : escapePath(names.join("/") as ByteString);
}
