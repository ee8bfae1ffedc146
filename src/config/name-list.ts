import { SyncError } from "../base/errors.ts";

/**
 * The names of a list such as `mode,times`, each once, in the order given. Throws a usage error that guesses what was
 * meant where a name is not one of `known`. `option` is how messages call the list.
 */
export function parseNameList<Name extends string>(
  text: string,
  known: readonly Name[],
  option: string,
): ReadonlySet<Name> {
  const names = new Set<Name>();
  for (const part of text.split(",").map((part) => part.trim())) {
    const name = known.find((name) => name === part);
    if (name === undefined) throw unknownName(part, known, option);
    names.add(name);
  }
  return names;
}

function unknownName(part: string, known: readonly string[], option: string): SyncError {
  const message = part === "" ? `${option}: a name is missing` : `${option}: there is no "${part}"`;
  const near = nearestName(part, known);
  const hint = near === undefined ? `The names are ${known.join(", ")}.` : `Did you mean ${near}?`;
  return new SyncError("USAGE", message, { hint });
}

/** The known name that a mistyped one most likely stands for, or `undefined` where none is near. */
export function nearestName(typed: string, known: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(typed.length / 3));
  const ranked = known
    .map((name) => ({ name, distance: editDistance(typed.toLowerCase(), name) }))
    .toSorted((a, b) => a.distance - b.distance);
  const best = ranked[0];
  if (best !== undefined && best.distance <= limit) return best.name;
  return typed.length < 3 ? undefined : known.find((name) => name.startsWith(typed));
}

/** How many letters have to be put in, taken out or replaced to make one of the other (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
