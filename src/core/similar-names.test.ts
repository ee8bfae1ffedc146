import { expect, test } from "vitest";

import type { RelPath } from "./path.ts";
import { indexNamesakes } from "./similar-names.ts";

const MiB = 2 ** 20;
const file = (path: string, size = 10 * MiB) => ({ path: path as RelPath, size });

test.each<{
  name: string;
  known: readonly ReturnType<typeof file>[];
  wanted?: ReturnType<typeof file>;
  found: string | undefined;
}>([
  {
    name: "the same name elsewhere comes before a like one here",
    known: [file("d/f.1.img"), file("e/f.img")],
    found: "e/f.img",
  },
  {
    name: "another number in the name",
    known: [file("d/other.img"), file("d/f-1.2.img")],
    wanted: file("d/f-1.10.img"),
    found: "d/f-1.2.img",
  },
  {
    name: "a log that has moved on",
    known: [file("d/app.log", 3 * MiB), file("d/web.log")],
    wanted: file("d/app.log.1"),
    found: "d/app.log",
  },
  {
    name: "the same kind of a like size, in the same directory",
    known: [file("d/g.img", 6 * MiB), file("d/h.img", 9 * MiB)],
    found: "d/h.img",
  },
  {
    name: "the same kind of quite another size is none",
    known: [file("d/g.img", 4 * MiB)],
    found: undefined,
  },
  { name: "the same kind elsewhere is none", known: [file("e/g.img")], found: undefined },
  {
    name: "no kind at all is none in common",
    known: [file("d/1234"), file("d/.img")],
    wanted: file("d/5678"),
    found: undefined,
  },
  {
    name: "of several the nearest in size",
    known: [file("a/f.img", MiB), file("b/f.img", 9 * MiB), file("c/f.img", 90 * MiB)],
    found: "b/f.img",
  },
  {
    name: "of several as near the first",
    known: [file("a/f.img"), file("b/f.img")],
    found: "a/f.img",
  },
  {
    name: "what is so large that to say what is in it costs more than it saves",
    known: [file("a/f.img", 1000 * MiB)],
    found: undefined,
  },
  { name: "itself is none", known: [file("d/f.img")], found: undefined },
])("$name", ({ known, wanted = file("d/f.img"), found }) => {
  expect(indexNamesakes(known).find(wanted)?.path).toBe(found);
});
