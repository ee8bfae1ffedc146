import { fileURLToPath } from "node:url";

/** Homes of tests are new; compiled code is nothing of theirs, so it is kept from one process to the next. */
export const COMPILED: Readonly<Record<string, string>> = {
  NODE_COMPILE_CACHE: fileURLToPath(
    new URL("../../node_modules/.cache/syncline-tests", import.meta.url),
  ),
};
