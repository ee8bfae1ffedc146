import { BLOCK_DEVICE, CHARACTER_DEVICE, FILE } from "../core/snapshot.ts";
import type { FileDriver, Stat } from "./driver.ts";
import type { LibcCalls } from "./libc-calls.ts";
import { nameWriter, nativeMemory } from "./native-memory.ts";
import { kindOfType } from "./stat.ts";

const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_NO_AUTOMOUNT = 0x800;
const AT_EMPTY_PATH = 0x1000;
/** All that POSIX has, and the time of birth. */
const STATX_WANTED = 0xfff;

export function statCalls(libc: LibcCalls): Pick<FileDriver, "stat" | "statDescriptor"> {
  const write = nameWriter();
  const empty = nativeMemory(1).address;
  const { address, words } = nativeMemory(256);
  return {
    stat(dir, name, out) {
      libc.statx(dir, write(name), AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_WANTED, address);
      decodeStatx(words, out);
    },
    statDescriptor(fd, out) {
      libc.statx(fd, empty, AT_EMPTY_PATH, STATX_WANTED, address);
      decodeStatx(words, out);
    },
  };
}

/**
 * Reads a `struct statx`, whose layout is the same on every architecture. No BigInt: halves are put together as doubles,
 * exact below 2^53.
 */
function decodeStatx(words: Uint32Array, out: Stat): void {
  const mode = words[7]!;
  const kind = kindOfType[(mode >>> 12) & 15]!;
  out.kind = kind;
  out.mode = mode & 0o7777;
  out.size = kind === FILE ? words[11]! * 4294967296 + words[10]! : 0;
  out.blocks = words[13]! * 4294967296 + words[12]!;
  // Seconds are signed: times before 1970 have a negative high word.
  out.birthSec = (words[21]! | 0) * 4294967296 + words[20]!;
  out.birthNs = words[22]!;
  out.ctimeSec = (words[25]! | 0) * 4294967296 + words[24]!;
  out.ctimeNs = words[26]!;
  out.mtimeSec = (words[29]! | 0) * 4294967296 + words[28]!;
  out.mtimeNs = words[30]!;
  out.nlink = words[4]!;
  out.uid = words[5]!;
  out.gid = words[6]!;
  out.inoHigh = words[9]!;
  out.inoLow = words[8]!;
  out.rdev =
    kind === BLOCK_DEVICE || kind === CHARACTER_DEVICE ? packDevice(words[32]!, words[33]!) : 0;
  out.dev = packDevice(words[34]!, words[35]!);
}

/** `makedev`: Linux has 12 bits of major and 20 of minor number, so 32 bits hold both and `mknod` takes them as they are. */
function packDevice(major: number, minor: number): number {
  return ((minor & 0xff) | ((major & 0xfff) << 8) | ((minor & 0xfff00) << 12)) >>> 0;
}
