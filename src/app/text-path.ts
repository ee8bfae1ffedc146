import { basename } from "node:path";

import { bytesOfText } from "../base/byte-string.ts";
import type { Name } from "../core/path.ts";
import { parseName } from "../core/path.ts";

/** The last component of an absolute path, as a name. */
export function baseNameOfText(path: string): Name {
  const name = parseName(bytesOfText(basename(path)));
  if (name === undefined) throw new Error(`no file can be named by ${path}`);
  return name;
}
