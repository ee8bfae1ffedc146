import { createRandom, type Random } from "./random.ts";
import { claimName, directoryName, fileName } from "./words.ts";

/** One source tree of a forest. All of it follows from these numbers. */
export interface Project {
  readonly name: string;
  readonly seed: number;
  /** How many, the project's own directory among them. */
  readonly directories: number;
  readonly files: number;
  readonly links: number;
  /** Sum of the files' sizes. */
  readonly bytes: number;
  /** Share of the files that hold nothing. */
  readonly empty: number;
}

export interface PlannedFile {
  /** Below the forest's root. */
  readonly path: string;
  readonly size: number;
  readonly mode: number;
  /** Seconds since 1970. */
  readonly time: number;
}

export interface PlannedTree {
  /** Parents before children. */
  readonly directories: readonly PlannedDirectory[];
  readonly files: readonly PlannedFile[];
  readonly links: readonly PlannedLink[];
}

interface PlannedDirectory {
  readonly path: string;
  readonly time: number;
}

interface PlannedLink extends PlannedDirectory {
  readonly to: string;
}

interface Directory extends PlannedDirectory {
  readonly taken: Set<string>;
}

// How unequal directories are in their number of files, and files in their sizes: with these a few directories hold
// hundreds, half of the files are below 5 kB, and a few have megabytes, as in the Linux sources.
const DIRECTORY_SPREAD = 1.1;
const SIZE_SPREAD = 1.5;
const EXECUTABLE_SHARE = 0.01;
const YEAR = 365 * 24 * 3600;
// Long past: a file changed a moment ago is one that a tool may have to look at twice.
export const OLDEST: number = Date.UTC(2024, 0, 1) / 1000;

/** Draws a project's tree without writing anything. */
export function planProject(project: Project): PlannedTree {
  const random = createRandom(project.seed);
  const directories = growDirectories(project, random);
  const counts = divide(
    project.files,
    directories.map(() => Math.exp(DIRECTORY_SPREAD * random.normal())),
  );
  const sizes = divide(
    project.bytes,
    Array.from({ length: project.files }, () =>
      random.next() < project.empty ? 0 : Math.exp(SIZE_SPREAD * random.normal()),
    ),
  );
  const files = directories.flatMap((directory, index) =>
    Array.from({ length: counts[index] ?? 0 }, () => ({
      path: `${directory.path}/${claimName(directory.taken, fileName(random))}`,
      size: sizes.pop() ?? 0,
      mode: random.next() < EXECUTABLE_SHARE ? 0o755 : 0o644,
      time: someTime(random),
    })),
  );
  return { directories, files, links: drawLinks(project.links, files, directories, random) };
}

/** Splits a whole number by weights into whole numbers with exactly that sum. */
export function divide(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((a, b) => a + b, 0);
  let weight = 0;
  let given = 0;
  return weights.map((own) => {
    weight += own;
    const share = Math.round((total * weight) / sum) - given;
    given += share;
    return share;
  });
}

function growDirectories(project: Project, random: Random): Directory[] {
  const directories: Directory[] = [newDirectory(project.name, random)];
  while (directories.length < project.directories) {
    // The older of two is the shallower one as a rule, which gives the depth of real sources: five on average, ten at most.
    const parent = directories[
      Math.min(random.below(directories.length), random.below(directories.length))
    ] as Directory;
    const name = claimName(parent.taken, directoryName(random));
    directories.push(newDirectory(`${parent.path}/${name}`, random));
  }
  return directories;
}

function newDirectory(path: string, random: Random): Directory {
  return { path, time: someTime(random), taken: new Set() };
}

/** Links to a neighbour in the same directory. */
function drawLinks(
  count: number,
  files: readonly PlannedFile[],
  directories: readonly Directory[],
  random: Random,
): PlannedLink[] {
  const byPath = new Map(directories.map((directory) => [directory.path, directory]));
  return Array.from({ length: files.length === 0 ? 0 : count }, () => {
    const file = files[random.below(files.length)] as PlannedFile;
    const slash = file.path.lastIndexOf("/");
    const directory = byPath.get(file.path.slice(0, slash)) as Directory;
    const path = `${directory.path}/${claimName(directory.taken, fileName(random))}`;
    return { path, to: file.path.slice(slash + 1), time: someTime(random) };
  });
}

function someTime(random: Random): number {
  return OLDEST + Math.floor(random.next() * YEAR * 1000) / 1000;
}
