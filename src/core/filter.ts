import type { ByteString } from "../base/byte-string.ts";

/** One line of gitignore syntax, as bytes, with where it stands for `explain` and for messages. */
export interface FilterRule {
  readonly pattern: ByteString;
  /** Where the rule was written: `--exclude`, or `FILE:LINE`. */
  readonly origin: string;
}

/**
 * Which paths a run leaves alone, as plain data that can cross a thread or a wire: gitignore rules in order (the last
 * that matches wins; an include is a rule with `!`), and bounds on file size. Compiled by `compileFilter`.
 */
export interface Filter {
  readonly rules: readonly FilterRule[];
  /** Bytes; files outside the bounds are left alone. */
  readonly minSize: number | undefined;
  readonly maxSize: number | undefined;
}

export const noFilter: Filter = { rules: [], minSize: undefined, maxSize: undefined };
