import { SyncError } from "../base/errors.ts";
import { parseLocation } from "./location.ts";

/** Refuses what is on another host, where old copies are neither listed nor put back from here. Throws a usage error. */
export function refuseRemote(text: string): void {
  if (parseLocation(text).type === "local") return;
  throw new SyncError("USAGE", `${text}: old copies on other hosts cannot be reached from here`, {
    hint: "Run syncline on that host, or mount its directory here.",
  });
}
