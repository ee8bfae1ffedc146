import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";

/** Debian's own directories: nobody's shims, and `/usr/sbin` for what makes file systems. */
export const SYSTEM_PATH: string = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Runs a system tool to its end and returns what it printed. Throws with its complaint if it fails. */
export function tool(
  command: string,
  args: readonly string[],
  input: string = "",
  uid: number = 0,
): string {
  const { error, status, stdout, stderr } = spawnSync(command, args, {
    env: { PATH: SYSTEM_PATH, LANG: "C.UTF-8" },
    input: Buffer.from(input, "utf8"),
    encoding: "latin1",
    maxBuffer: 1 << 30,
    ...(uid === 0 ? {} : { uid, gid: uid }),
  });
  if (error !== undefined) throw error;
  if (status !== 0) {
    throw new Error(`${command} ${args.join(" ").slice(-300)}: ${String(status)} ${stderr}`);
  }
  return stdout;
}

/** Runs one of the Python programs beside this file: names there are bytes, and numbers of any size are exact. */
export function python(
  program: string,
  args: readonly string[],
  input: string = "",
  uid: number = 0,
): string {
  // Read here, for the repository may be where another user cannot reach it.
  const code = readFileSync(path.join(import.meta.dirname, program), "utf8");
  return tool("python3", ["-c", code, ...args], input, uid);
}
