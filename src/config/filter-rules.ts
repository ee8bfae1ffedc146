import { constants, lstatSync } from "node:fs";
import { open } from "node:fs/promises";
import type { Readable } from "node:stream";

import type { ByteString } from "../base/byte-string.ts";
import { byteString, bytesOfText } from "../base/byte-string.ts";
import { SyncError } from "../base/errors.ts";
import type { FilterRule } from "../core/filter.ts";
import { parseRule, splitLines } from "../core/filter-rule.ts";

/** One thing that was asked for about patterns. Their order matters: the last pattern that matches wins. */
export type FilterArgument =
  | { readonly type: "exclude"; readonly pattern: string }
  | { readonly type: "include"; readonly pattern: string }
  /** A file of gitignore lines; `-` is standard input. */
  | { readonly type: "file"; readonly name: string };

/** The rules that were asked for, in order. Throws a usage error for a bad pattern or a file that cannot be read. */
export async function readFilterRules(
  filterArguments: readonly FilterArgument[],
  stdin: () => Readable,
): Promise<FilterRule[]> {
  const rules: FilterRule[] = [];
  for (const argument of filterArguments) {
    if (argument.type === "file") rules.push(...(await readRuleFile(argument.name, stdin)));
    else rules.push(ruleOfOption(argument.type, argument.pattern));
  }
  return rules;
}

/** The rule of one `--exclude` or `--include`. */
export function ruleOfOption(type: "exclude" | "include", pattern: string): FilterRule {
  const origin = `--${type}`;
  if (type === "include" && pattern.startsWith("!")) {
    throw new SyncError("USAGE", `${origin} ${pattern}: the pattern stands without !`);
  }
  // A comment makes sense in files only: whoever excludes `#recycle` means that name.
  const line = type === "include" ? `!${pattern}` : pattern.replace(/^#/, "\\#");
  const rule = pattern.trim() === "" ? undefined : parseRule(bytesOfText(line), origin);
  if (rule === undefined) throw new SyncError("USAGE", `${origin}: the pattern is empty`);
  if ("error" in rule) throw new SyncError("USAGE", `${origin} ${pattern}: ${rule.error}`);
  return rule;
}

/** The rules of a file's text. A bad line is named by its place alone: the file may hold secrets. */
function rulesOfText(text: ByteString, name: string): FilterRule[] {
  return splitLines(text).flatMap((line, index) => {
    const origin = `${name}:${index + 1}`;
    const rule = parseRule(line, origin);
    if (rule === undefined) return [];
    if ("error" in rule) throw new SyncError("USAGE", `${origin}: ${rule.error}`);
    return [rule];
  });
}

async function readRuleFile(name: string, stdin: () => Readable): Promise<FilterRule[]> {
  return rulesOfText(name === "-" ? await readAll(stdin()) : await readRegularFile(name), name);
}

async function readAll(stream: Readable): Promise<ByteString> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return byteString(Buffer.concat(chunks));
}

async function readRegularFile(name: string): Promise<ByteString> {
  const refuse = (reason: string, cause?: unknown) =>
    new SyncError("USAGE", `--filter-from ${name}: ${reason}`, { cause });
  try {
    refuseForeignLink(name, refuse);
    // Without O_NONBLOCK, opening a named pipe would wait for a writer.
    await using file = await open(name, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!(await file.stat()).isFile()) throw refuse("this is not a regular file");
    return byteString(await file.readFile());
  } catch (error) {
    if (error instanceof SyncError) throw error;
    throw refuse(reasonOf(error), error);
  }
}

/** A link that neither root nor the user made could lead to any file, and its rules decide what is deleted. */
function refuseForeignLink(name: string, refuse: (reason: string) => SyncError): void {
  const stat = lstatSync(name, { throwIfNoEntry: false });
  if (stat?.isSymbolicLink() !== true) return;
  const { uid } = stat;
  if (uid !== 0 && uid !== process.geteuid?.()) throw refuse(`this is a link made by user ${uid}`);
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EACCES") return "you may not read it";
  return `it cannot be read (${String(code)})`;
}
