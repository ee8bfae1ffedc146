import {
  BLOCK_DEVICE,
  CHARACTER_DEVICE,
  DIRECTORY,
  FIFO,
  FILE,
  PROBLEM,
  SOCKET,
  SYMLINK,
} from "../core/snapshot.ts";
import type { Stat } from "./driver.ts";

/** A `Stat` for `stat` to fill in. One is enough for as many calls as follow each other. */
export function newStat(): Stat {
  return {
    kind: 0,
    size: 0,
    mtimeSec: 0,
    mtimeNs: 0,
    ctimeSec: 0,
    ctimeNs: 0,
    birthSec: 0,
    birthNs: 0,
    mode: 0,
    uid: 0,
    gid: 0,
    dev: 0,
    inoHigh: 0,
    inoLow: 0,
    nlink: 0,
    rdev: 0,
    blocks: 0,
  };
}

/** Row kinds by the file type in the top four bits of `st_mode`. */
export const kindOfType: Readonly<Uint8Array> = new Uint8Array(16).fill(PROBLEM);
Object.assign(kindOfType, {
  1: FIFO,
  2: CHARACTER_DEVICE,
  4: DIRECTORY,
  6: BLOCK_DEVICE,
  8: FILE,
  10: SYMLINK,
  12: SOCKET,
});
