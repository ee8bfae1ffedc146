import { SyncError } from "../base/errors.ts";
import type { Variables } from "./look.ts";

/** The file driver that the surroundings force. Throws a usage error for one that there is not. */
export function driverOf({ SYNCLINE_FS: driver = "" }: Variables): "libc" | "portable" | undefined {
  if (driver === "") return undefined;
  if (driver === "libc" || driver === "portable") return driver;
  throw new SyncError("USAGE", `SYNCLINE_FS: "${driver}" is neither libc nor portable`);
}
