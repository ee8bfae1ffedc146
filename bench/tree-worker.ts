// Writes the projects it is given, one after the other. Several of these share a forest.
import {
  closeSync,
  futimesSync,
  lutimesSync,
  mkdirSync,
  openSync,
  symlinkSync,
  utimesSync,
  writeSync,
} from "node:fs";
import { workerData } from "node:worker_threads";

import { type PlannedFile, planProject, type Project } from "./project.ts";
import { createRandom } from "./random.ts";
import { sourceText } from "./words.ts";

export interface WorkerInput {
  readonly root: string;
  readonly projects: readonly Project[];
}

// Every file is a piece of this text from a place of its own, so that next to no two files hold the same.
const TEXT_BYTES = 4 * 1024 * 1024;

const { root, projects } = workerData as WorkerInput;
const text = sourceText(createRandom(1), TEXT_BYTES);
for (const project of projects) writeProject(project);

function writeProject(project: Project): void {
  const tree = planProject(project);
  const random = createRandom(project.seed + 1);
  for (const { path } of tree.directories) mkdirSync(`${root}/${path}`, 0o755);
  for (const file of tree.files) writeFile(file, random.below(TEXT_BYTES));
  for (const { path, to, time } of tree.links) {
    symlinkSync(to, `${root}/${path}`);
    lutimesSync(`${root}/${path}`, time, time);
  }
  // Last: what is made in a directory changes its time.
  for (const { path, time } of tree.directories) utimesSync(`${root}/${path}`, time, time);
}

function writeFile(file: PlannedFile, start: number): void {
  const fd = openSync(`${root}/${file.path}`, "wx", file.mode);
  try {
    let offset = start;
    for (let left = file.size; left > 0;) {
      const written = writeSync(fd, text, offset, Math.min(left, TEXT_BYTES - offset));
      left -= written;
      offset = (offset + written) % TEXT_BYTES;
    }
    futimesSync(fd, file.time, file.time);
  } finally {
    closeSync(fd);
  }
}
