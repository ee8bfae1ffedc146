import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { byteString, type ByteString, rawBytes } from "../../src/base/byte-string.ts";
import type { RelPath } from "../../src/core/path.ts";

/** Entries of a tree in the order of a walk. */
export type Tree = readonly { readonly path: RelPath; readonly isDirectory: boolean }[];
/** Texts of ignore files by directory; `""` is the root. */
export type IgnoreFiles = ReadonlyMap<string, ByteString>;
/** By path: `FILE:LINE` of the rule that decides, with `!` before it where it includes; `""` where none does. */
export type Answers = readonly (readonly [path: RelPath, rule: string])[];

/** Git itself, on real files: whatever it says of a path is right. */
export interface GitJudge extends Disposable {
  /** What `git check-ignore` says of every entry. */
  answers(tree: Tree, files: IgnoreFiles): Promise<Answers>;
  /** The files that `git ls-files` finds with patterns given on its command line. */
  files(tree: Tree, files: IgnoreFiles, patterns: readonly ByteString[]): readonly string[];
}

/** Makes a repository and keeps one git running on it, for starting one costs more than its answer. */
export function openGitJudge(): GitJudge {
  const root = mkdtempSync(join(tmpdir(), "syncline-git-"));
  execFileSync("git", ["init", "-q", root]);
  execFileSync("git", ["-C", root, "config", "core.excludesFile", "/dev/null"]);
  const git = spawn("git", ["check-ignore", "--no-index", "-z", "-v", "-n", "--stdin"], {
    cwd: root,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const fields = readFields(git.stdout);
  const next = async (): Promise<ByteString> => {
    const { value, done } = await fields.next();
    if (done === true) throw new Error("git ended");
    return value;
  };
  return {
    answers: async (tree, files) => {
      const dir = makeTree(root, tree, files);
      const prefix = `${dir.slice(root.length + 1)}/`;
      const answers: [RelPath, string][] = [];
      for (const { path } of tree) {
        git.stdin.write(rawBytes(`${prefix}${path}\0` as ByteString));
        const [source, line, pattern, asked] = [
          await next(),
          await next(),
          await next(),
          await next(),
        ];
        if (asked !== prefix + path) throw new Error(`git answered for ${asked}`);
        const origin = source === "" ? "" : `${source.slice(prefix.length)}:${line}`;
        answers.push([path, pattern.startsWith("!") ? `!${origin}` : origin]);
      }
      rmSync(dir, { recursive: true });
      return answers;
    },
    files: (tree, files, patterns) => {
      const dir = makeTree(root, tree, files);
      const options = patterns.map((pattern) => shellWord(`--exclude=${pattern}` as ByteString));
      const list =
        "git --git-dir=../.git --work-tree=. ls-files -z --others --exclude-per-directory=.gitignore";
      // Node encodes arguments; a shell hands them on as the bytes they are. Without `--norc`, bash takes Node's socket for
      // a login from elsewhere, and does first what the user's own start-up file says, waiting for its locks.
      const output = execFileSync("bash", ["--norc", "-c", `exec ${list} ${options.join(" ")}`], {
        cwd: dir,
      });
      rmSync(dir, { recursive: true });
      return byteString(output)
        .split("\0")
        .filter((path) => path !== "" && !/(^|\/)\.gitignore$/.test(path))
        .toSorted();
    },
    [Symbol.dispose]: () => {
      git.kill();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function makeTree(root: string, tree: Tree, files: IgnoreFiles): string {
  const dir = mkdtempSync(join(root, "t"));
  const at = (path: string): Buffer => Buffer.from(rawBytes(`${dir}/${path}` as ByteString));
  for (const { path, isDirectory } of tree) {
    if (isDirectory) mkdirSync(at(path));
    else writeFileSync(at(path), "");
  }
  for (const [path, text] of files) {
    writeFileSync(at(path === "" ? ".gitignore" : `${path}/.gitignore`), rawBytes(text));
  }
  return dir;
}

async function* readFields(stream: AsyncIterable<Buffer>): AsyncGenerator<ByteString, undefined> {
  let rest = "";
  for await (const bytes of stream) {
    const parts = (rest + byteString(bytes)).split("\0");
    rest = parts.pop()!;
    yield* parts as ByteString[];
  }
  return undefined;
}

function shellWord(bytes: ByteString): string {
  const escapes = Array.from(rawBytes(bytes), (byte) => `\\x${byte.toString(16).padStart(2, "0")}`);
  return `$'${escapes.join("")}'`;
}
