/**
 * The contract of `src/fs/driver.ts` as tests, which every driver runs. What a driver cannot do is asserted to fail the
 * way its features declare; nothing is skipped.
 */
import { describe } from "vitest";

import { describeContent } from "./driver-content.ts";
import { describeMetadata } from "./driver-metadata.ts";
import { describeNames } from "./driver-names.ts";
import { describeOpening } from "./driver-opening.ts";
import type { OpenDriver } from "./driver-place.ts";
import { describeXattrs } from "./driver-xattrs.ts";

export function describeDriver(name: string, open: OpenDriver): void {
  describe(`the ${name} driver`, () => {
    describeOpening(open);
    describeContent(open);
    describeNames(open);
    describeMetadata(open);
    describeXattrs(open);
  });
}
