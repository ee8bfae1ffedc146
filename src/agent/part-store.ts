import { createHash, randomBytes } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

/** Where files that have come from a client are kept, each under the hash of its content. */
export interface PartStore {
  /** Why nothing can be kept here, if so. */
  readonly notice: string | undefined;
  /** The file with that content, looked at anew. */
  find(sha256: string, extension: string): string | undefined;
  /** Writes a file, if its content is what was promised; throws otherwise. */
  put(bytes: Buffer, sha256: string, extension: string): string;
  /** The directory for what could not be kept, if there is one. */
  temporary(): string | undefined;
  /** Removes what has not been used for long. */
  clean(): void;
}

const day = 86_400_000;
/** In days. */
const keptFor = 30;
const fragmentsKeptFor = 1;

/** In the user's cache directory, if that is nobody else's; else in a directory that goes away again. */
export function openPartStore(cacheHome: string | undefined): PartStore {
  const { dir, notice } = privateCache(cacheHome);
  let temporary: string | undefined;
  return {
    notice,
    find: (sha256, extension) => {
      if (dir === undefined || !isHash(sha256)) return undefined;
      const file = path.join(dir, sha256 + extension);
      return isIntact(file, sha256) ? file : undefined;
    },
    put(bytes, sha256, extension) {
      if (hashOf(bytes) !== sha256) throw new Error("a file has not arrived as it was sent");
      const name = sha256 + extension;
      const kept = dir === undefined ? undefined : tryWrite(dir, name, bytes);
      if (kept !== undefined) return kept;
      temporary ??= fs.mkdtempSync(path.join(os.tmpdir(), "syncline-agent-"));
      return write(temporary, name, bytes);
    },
    temporary: () => temporary,
    clean() {
      if (dir !== undefined) cleanUp(dir);
    },
  };
}

/** `$XDG_CACHE_HOME/syncline/agent`: made if need be, and refused where somebody else could put something into it. */
function privateCache(cacheHome: string | undefined): { dir?: string; notice?: string } {
  const base = cacheHome?.startsWith("/") === true ? cacheHome : path.join(os.homedir(), ".cache");
  const above = path.join(base, "syncline");
  const dir = path.join(above, "agent");
  const own = process.geteuid?.() ?? 0;
  try {
    // Tried alone first, since only then an error says what is the matter.
    if (!fs.existsSync(path.dirname(base))) fs.mkdirSync(base, { recursive: true, mode: 0o700 });
    makeDirectory(base);
    for (const place of [above, dir]) {
      makeDirectory(place);
      const stat = fs.lstatSync(place);
      const isPrivate = stat.isDirectory() && stat.uid === own && (stat.mode & 0o022) === 0;
      if (isPrivate && (place === above || (stat.mode & 0o077) === 0)) continue;
      return { notice: `${place} is not a directory of the user's alone: nothing is kept there` };
    }
    fs.accessSync(dir, fs.constants.W_OK);
    return { dir };
  } catch (error) {
    return { notice: `nothing can be kept in ${dir} (${codeOf(error)})` };
  }
}

function makeDirectory(place: string): void {
  try {
    fs.mkdirSync(place, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  }
}

/** Whether the file is ours alone and has the content that its name says. A use is noted, once a day. */
function isIntact(file: string, sha256: string): boolean {
  try {
    const fd = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW);
    try {
      const stat = fs.fstatSync(fd);
      const own = process.geteuid?.() ?? 0;
      if (!stat.isFile() || stat.uid !== own || (stat.mode & 0o077) !== 0) return false;
      if (hashOf(fs.readFileSync(fd)) !== sha256) return false;
      if (Date.now() - stat.mtimeMs > day) touch(fd);
      return true;
    } finally {
      fs.closeSync(fd);
    }
  } catch {
    return false;
  }
}

function touch(fd: number): void {
  try {
    fs.futimesSync(fd, new Date(), new Date());
  } catch {
    // Cleaned up too early, it comes again.
  }
}

function tryWrite(dir: string, name: string, bytes: Buffer): string | undefined {
  try {
    return write(dir, name, bytes);
  } catch {
    return undefined;
  }
}

/** Others may write the same at the same time: each writes a file of its own, and the last one to rename it is as good. */
function write(dir: string, name: string, bytes: Buffer): string {
  const fragment = path.join(dir, `.${randomBytes(12).toString("hex")}`);
  try {
    fs.writeFileSync(fragment, bytes, { flag: "wx", mode: 0o600 });
    const file = path.join(dir, name);
    fs.renameSync(fragment, file);
    return file;
  } catch (error) {
    fs.rmSync(fragment, { force: true });
    throw error;
  }
}

function cleanUp(dir: string): void {
  try {
    for (const name of fs.readdirSync(dir)) {
      const isPart = /^[0-9a-f]{64}\.(?:cjs|node)$/.test(name);
      if (!isPart && !/^\.[0-9a-f]{24}$/.test(name)) continue;
      const file = path.join(dir, name);
      const days = (Date.now() - fs.lstatSync(file).mtimeMs) / day;
      if (days > (isPart ? keptFor : fragmentsKeptFor)) fs.unlinkSync(file);
    }
  } catch {
    // Somebody else is cleaning, or nobody may.
  }
}

function isHash(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

function hashOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException).code);
}
