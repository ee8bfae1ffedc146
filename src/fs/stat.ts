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
