import type { RelPath } from "./path.ts";
import { baseName, parentPath } from "./path.ts";

/** A file by what a listing says of it. */
export interface ListedFile {
  readonly path: RelPath;
  readonly size: number;
}

/** Files by their names, to find one that another file may have come from. */
export interface NamesakeIndex {
  /** The likeliest of all, itself not counted; `undefined` where no name speaks for any. */
  find(file: ListedFile): ListedFile | undefined;
}

/** What speaks for a file: a key that it has in common with the other one, which is not so many times larger or smaller. */
interface Likeness {
  readonly keyOf: (path: RelPath) => string | undefined;
  readonly mostApart: number;
}

/** The list of a file costs a three-thousandth of it: of one that is much larger it would cost more than it can save. */
const anySize = 64;

/** The best first. */
const likenesses: readonly Likeness[] = [
  // It was moved, or is another's copy of the same.
  { keyOf: baseName, mostApart: anySize },
  // It is another day's, or another release: `app.log.1` and `app.log`, `data-1.9.tar` and `data-1.10.tar`.
  { keyOf: (path) => keyIn(path, wordsOf(baseName(path))), mostApart: anySize },
  // It is of the same kind: `copy of x.img` and `x.img`.
  { keyOf: (path) => keyIn(path, extensionOf(baseName(path))), mostApart: 2 },
];

/** Gathers files; of several that are as likely, and as near in size, the first one is found. */
export function indexNamesakes(files: readonly ListedFile[]): NamesakeIndex {
  const indexes = likenesses.map((likeness) => ({
    ...likeness,
    byKey: Map.groupBy(files, ({ path }) => likeness.keyOf(path)),
  }));
  return {
    find(file) {
      for (const { keyOf, byKey, mostApart } of indexes) {
        const key = keyOf(file.path);
        const nearest = key === undefined ? undefined : nearestInSize(byKey.get(key) ?? [], file);
        if (nearest !== undefined && apart(nearest.size, file.size) <= mostApart) return nearest;
      }
      return undefined;
    },
  };
}

function nearestInSize(
  files: readonly ListedFile[],
  { path, size }: ListedFile,
): ListedFile | undefined {
  let nearest: ListedFile | undefined;
  for (const file of files) {
    if (file.path === path) continue;
    if (nearest === undefined || apart(file.size, size) < apart(nearest.size, size)) nearest = file;
  }
  return nearest;
}

/** How many times larger the larger one is. */
function apart(one: number, other: number): number {
  return Math.max(one, other, 1) / Math.max(1, Math.min(one, other));
}

function keyIn(path: RelPath, key: string | undefined): string | undefined {
  return key === undefined ? undefined : `${parentPath(path)}/${key}`;
}

/** The words of a name, without numbers and signs; bytes beyond ASCII are taken for letters. */
function wordsOf(name: string): string | undefined {
  const words = name.toLowerCase().match(/[a-z\x80-\xff]+/g);
  return words === null ? undefined : words.join(" ");
}

function extensionOf(name: string): string | undefined {
  const dot = name.lastIndexOf(".");
  return dot > 0 && dot < name.length - 1 ? name.slice(dot).toLowerCase() : undefined;
}
