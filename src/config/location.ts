import { SyncError } from "../base/errors.ts";

/**
 * Checks one location as typed. Whatever holds a colon before its first slash is on another host, as for ssh and rsync;
 * such places are refused. Throws a usage error.
 */
export function checkLocalLocation(text: string): void {
  if (text === "") throw new SyncError("USAGE", "a location is empty");
  if (text.includes("\0")) throw new SyncError("USAGE", "a location holds a NUL byte");
  if (!/^[^/]*:/.test(text)) return;
  throw new SyncError("USAGE", `${text}: only local directories can be mirrored in this version`, {
    hint: `A local path that holds a colon is written ./${text} or with its full path.`,
  });
}
