import type { Name } from "../core/path.ts";
import { FileError } from "./file-error.ts";

/**
 * Refuses what is no name (EINVAL). Names were checked where they came in; the drivers check them a second time, because
 * every promise of staying below a root hangs on it.
 */
export function requireName(name: Name): void {
  if (isDots(name) || name.includes("/") || name.includes("\0")) {
    throw new FileError("EINVAL", "name");
  }
}

/** Whether it names nothing, or the directory itself, or the one above. */
export function isDots(name: Name): boolean {
  return name.length <= 2 && (name === "" || name === "." || name === "..");
}
