import { SyncError } from "../base/errors.ts";
import type { FileDriver } from "./driver.ts";

/**
 * The best driver for this thread: `libc` where it loads, else `portable`. `force` takes the choice away; forcing `libc`
 * where it cannot load is an error (`UNSUPPORTED`).
 */
export async function chooseDriver(force?: "libc" | "portable"): Promise<FileDriver> {
  if (force === "portable") return loadPortable();
  try {
    const { libcDriver } = await import("./libc-driver.ts");
    return libcDriver();
  } catch (error) {
    // Whatever it was (another platform, a C library without a call, no native binding), the other driver needs none of it.
    if (force === undefined) return loadPortable();
    throw new SyncError("UNSUPPORTED", "the libc driver cannot be loaded on this machine", {
      hint: "Leave the choice of the driver to Syncline, or use the portable one.",
      cause: error,
    });
  }
}

async function loadPortable(): Promise<FileDriver> {
  const { portableDriver } = await import("./portable-driver.ts");
  return portableDriver();
}
