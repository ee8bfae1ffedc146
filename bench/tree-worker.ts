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
import { createRandom, type Random } from "./random.ts";
import { createSourceWriter } from "./source-text.ts";

export interface WorkerInput {
  readonly root: string;
  readonly projects: readonly Project[];
}

const { root, projects } = workerData as WorkerInput;
const writeSource = createSourceWriter();
let buffer = new Uint8Array(1 << 20);
for (const project of projects) writeProject(project);

function writeProject(project: Project): void {
  const tree = planProject(project);
  const random = createRandom(project.seed + 1);
  for (const { path } of tree.directories) mkdirSync(`${root}/${path}`, 0o755);
  for (const file of tree.files) writeFile(file, random);
  for (const { path, to, time } of tree.links) {
    symlinkSync(to, `${root}/${path}`);
    lutimesSync(`${root}/${path}`, time, time);
  }
  // Last: what is made in a directory changes its time.
  for (const { path, time } of tree.directories) utimesSync(`${root}/${path}`, time, time);
}

function writeFile(file: PlannedFile, random: Random): void {
  if (file.size > buffer.length) buffer = new Uint8Array(2 * file.size);
  const content = buffer.subarray(0, file.size);
  writeSource(random, content);
  const fd = openSync(`${root}/${file.path}`, "wx", file.mode);
  try {
    writeSync(fd, content);
    futimesSync(fd, file.time, file.time);
  } finally {
    closeSync(fd);
  }
}
