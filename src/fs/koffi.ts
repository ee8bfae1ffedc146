import { createRequire } from "node:module";
import type Koffi from "koffi";

import { nativePart } from "./native-parts.ts";

const load = createRequire(import.meta.url);

/**
 * koffi, by the shortest way: the package with its binary for this platform is asked first, which takes a third of the time
 * (2 ms instead of 6, in every thread), and koffi's own search where an installer has put that out of sight.
 */
function loadKoffi(): typeof Koffi {
  const part = nativePart("koffi");
  if (part !== undefined) return load(part) as typeof Koffi;
  try {
    return load(`@koromix/koffi-${process.platform}-${process.arch}`) as typeof Koffi;
  } catch {
    return load("koffi") as typeof Koffi;
  }
}

export const koffi: typeof Koffi = loadKoffi();
