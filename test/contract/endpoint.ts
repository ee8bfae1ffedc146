/**
 * The contract of `src/endpoint/endpoint.ts` as tests, which every driver runs. What a driver cannot do is asserted to fail
 * the way its capabilities declare; nothing is skipped.
 */
import { describe } from "vitest";

import { describeApply } from "./endpoint-apply.ts";
import { describeChunks } from "./endpoint-chunks.ts";
import { describeHash } from "./endpoint-hash.ts";
import type { OpenPlace } from "./endpoint-place.ts";
import { describeMoves } from "./endpoint-moves.ts";
import { describeRead } from "./endpoint-read.ts";
import { describeScan } from "./endpoint-scan.ts";
import { describeVersions } from "./endpoint-versions.ts";

export function describeEndpoint(name: string, open: OpenPlace): void {
  describe(`the ${name} endpoint`, () => {
    describeScan(open);
    describeApply(open);
    describeMoves(open);
    describeVersions(open);
    describeRead(open);
    describeHash(open);
    describeChunks(open);
  });
}
