import { existsSync, readdirSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, utimes, writeFile } from "node:fs/promises";
import path from "node:path";

import { editLarge } from "./large.ts";
import { OLDEST } from "./project.ts";
import { createRandom, type Random } from "./random.ts";
import { createSourceWriter } from "./source-text.ts";
import { directoryName, fileName } from "./words.ts";

/** What can become of a source between two runs. */
export type Change = "renamed" | "edited" | "release" | "large-edited";

/** What the largest directory of a tree is called, by turns. */
const LARGEST = ["pictures", "photographs"] as const;
const LARGEST_SHARE = 0.57;

const EDITED_FILES = 200;
// Of a tree's files or directories, as they are between two versions of a program.
const RELEASE = { edited: 0.1, renamed: 0.005, removed: 0.01, added: 0.01, directories: 0.003 };
const MOST_PLACES = 3;
const NEW_BYTES = 12_000;

const DAY = 24 * 3600;
const YEAR = 365 * DAY;

const writeSource = createSourceWriter();

/** Gathers more than half of a tree in one directory. */
export async function gather(source: string): Promise<void> {
  const projects = (await readdir(source)).toSorted();
  const dir = path.join(source, LARGEST[0]);
  await mkdir(dir);
  for (const project of projects.slice(0, Math.round(projects.length * LARGEST_SHARE))) {
    await rename(path.join(source, project), path.join(dir, project));
  }
}

/** Changes a source. Everything about it follows from the tree and from the number, which is another one each time. */
export async function changeSource(source: string, change: Change, number: number): Promise<void> {
  const random = createRandom(number);
  switch (change) {
    case "renamed":
      return renameLargest(source);
    case "edited":
      return editFiles(draw(listTree(source).files, EDITED_FILES, random), number, random);
    case "release":
      return release(source, number, random);
    case "large-edited":
      return editLarge(source, random, timeOf(number));
  }
}

async function renameLargest(source: string): Promise<void> {
  const [one, other] = LARGEST.map((dir) => path.join(source, dir)) as [string, string];
  await (existsSync(one) ? rename(one, other) : rename(other, one));
}

async function release(source: string, number: number, random: Random): Promise<void> {
  const { files, directories } = listTree(source);
  const take = (share: number): string[] => draw(files, files.length * share, random);
  await editFiles(take(RELEASE.edited), number, random);
  for (const file of take(RELEASE.removed)) await rm(file);
  for (const file of take(RELEASE.renamed)) {
    const dir = random.next() < 0.5 ? path.dirname(file) : pickOf(directories, random);
    await rename(file, freeName(dir, fileName(random)));
  }
  for (let left = files.length * RELEASE.added; left > 0; left--) {
    const content = new Uint8Array(random.below(NEW_BYTES));
    writeSource(random, content);
    const file = freeName(pickOf(directories, random), fileName(random));
    await writeFile(file, content, { mode: 0o644 });
    await utimes(file, timeOf(number), timeOf(number));
  }
  // Last, because paths were drawn before. One below another that has got a new name is no longer there.
  for (const dir of draw(directories, directories.length * RELEASE.directories, random)) {
    if (existsSync(dir)) await rename(dir, freeName(path.dirname(dir), directoryName(random)));
  }
}

async function editFiles(files: readonly string[], number: number, random: Random): Promise<void> {
  for (const file of files) {
    await writeFile(file, edit(await readFile(file), random));
    const time = timeOf(number) + random.below(DAY * 1000) / 1000;
    await utimes(file, time, time);
  }
}

/** In a few places, a line or two are replaced, removed or put in. */
function edit(text: Buffer, random: Random): Buffer {
  let edited = text;
  for (let places = 1 + random.below(MOST_PLACES); places > 0; places--) {
    const from = edited.lastIndexOf("\n", random.below(edited.length + 1)) + 1;
    const isKept = random.next() < 0.4;
    const end = isKept ? from : edited.indexOf("\n", from) + 1;
    const put = Buffer.alloc(isKept || random.next() < 0.7 ? 20 + random.below(100) : 0);
    writeSource(random, put);
    edited = Buffer.concat([edited.subarray(0, from), put, edited.subarray(Math.max(from, end))]);
  }
  return edited;
}

/** Everything below a directory in an order that is always the same, but for the two that stand above all projects. */
function listTree(source: string): { files: string[]; directories: string[] } {
  const entries = readdirSync(source, { recursive: true, withFileTypes: true });
  const paths = (wanted: typeof entries): string[] =>
    wanted.map((entry) => path.join(entry.parentPath, entry.name)).sort();
  return {
    files: paths(entries.filter((entry) => entry.isFile())),
    directories: paths(
      entries.filter((entry) => entry.isDirectory() && !LARGEST.includes(entry.name as never)),
    ),
  };
}

/** Takes out of the list, each at most once. */
function draw(list: string[], count: number, random: Random): string[] {
  return Array.from({ length: Math.min(list.length, Math.round(count)) }, () => {
    const index = random.below(list.length);
    const drawn = list[index] as string;
    list[index] = list.at(-1) as string;
    list.pop();
    return drawn;
  });
}

function pickOf(list: readonly string[], random: Random): string {
  return list[random.below(list.length)] as string;
}

function freeName(dir: string, wanted: string): string {
  const { name, ext } = path.parse(wanted);
  let free = path.join(dir, wanted);
  for (let number = 2; existsSync(free); number++) free = path.join(dir, `${name}${number}${ext}`);
  return free;
}

/** Each change was made on a day of its own, all of them long past. */
function timeOf(number: number): number {
  return OLDEST + YEAR + number * DAY;
}
