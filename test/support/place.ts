import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { mountBind, unmountBelow } from "./mounts.ts";

/** Somebody who is not root and owns nothing but what a test gives them. */
export const ORDINARY_USER = 12_345;

const repository = path.resolve(import.meta.dirname, "../..");

/** Where one test has its files. Everything in it goes away with it, mounts included. */
export interface Place extends Disposable {
  readonly dir: string;
  /** Names only: the test makes what it needs. */
  readonly source: string;
  readonly target: string;
  /** A home directory, writable for everybody. */
  readonly home: string;
  readonly stateHome: string;
  readonly path: (name: string) => string;
  /** The repository where an ordinary user can reach it, wherever it was cloned. */
  readonly repositoryForAll: () => string;
}

/** A new place: in memory where that is, because most tests are not about disks, or on the disk of `/tmp`. */
export function newPlace(on: "memory" | "disk" = "memory"): Place {
  const base = on === "memory" && existsSync("/dev/shm") ? "/dev/shm" : os.tmpdir();
  const dir = mkdtempSync(path.join(base, "syncline-e2e-"));
  chmodSync(dir, 0o777);
  const at = (name: string) => path.join(dir, name);
  const home = at("home");
  mkdirSync(home);
  chownSync(home, ORDINARY_USER, ORDINARY_USER);
  chmodSync(home, 0o777);
  const view = at("repository");
  return {
    dir,
    source: at("source"),
    target: at("target"),
    home,
    stateHome: path.join(home, "state"),
    path: at,
    repositoryForAll: () => {
      if (!existsSync(view)) mountBind(repository, view);
      return view;
    },
    [Symbol.dispose]: () => {
      unmountBelow(dir);
      spawnSync("chattr", ["-R", "-i", "-a", dir]);
      // rm, because names that are not UTF-8 are beyond node:fs.
      spawnSync("rm", ["-rf", "--one-file-system", "--", dir]);
    },
  };
}
