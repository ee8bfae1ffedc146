import * as fc from "fast-check";
import { expect, test } from "vitest";

import { savedPlans } from "../../../test/model/plans.ts";
import { create, mkdir, planOf } from "../../../test/support/recorded-events.ts";
import { SyncError } from "../../base/errors.ts";
import { needsOf } from "../../core/plan-needs.ts";
import type { Action } from "../../core/plan.ts";
import { actionsOf } from "../../core/plan.ts";
import { isTempName, ownDirectory } from "../../fs/temp-names.ts";
import { decodePlan } from "./decode-plan.ts";
import { encodePlan } from "./encode-plan.ts";
import type { OwnNames } from "./plan-document.ts";

const names: OwnNames = {
  isOwn: (path) => path === ownDirectory || path.startsWith(`${ownDirectory}/`),
  isTemporary: isTempName,
};

function* inPieces(bytes: Uint8Array, length: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

const decode = (bytes: Uint8Array, piece = 1 << 20) =>
  decodePlan(inPieces(bytes, piece), "plan", names);

test("what is written down is read again, whatever it is and in whatever pieces it comes", () => {
  fc.assert(
    fc.property(savedPlans(), fc.integer({ min: 1, max: 300 }), (plan, piece) => {
      const { id, lines } = encodePlan(plan);
      const { actions, planned, ...rest } = decode(Buffer.from(lines.join("")), piece);
      expect(rest).toEqual({
        header: { ...plan.header, id },
        problems: plan.problems,
        concerns: plan.concerns,
      });
      expect(planned).toBe(plan.actions.length);
      expect(actions).toEqual(plan.actions.map((one, i) => ({ ...one, line: i + 2 })));
    }),
  );
});

test("a plan with lines of actions taken out is read as what is left", () => {
  fc.assert(
    fc.property(savedPlans(), fc.array(fc.boolean(), { maxLength: 30 }), (plan, goes) => {
      const { lines } = encodePlan(plan);
      const isOut = (i: number): boolean => i < plan.actions.length && goes[i] === true;
      const left = lines.filter((_, line) => line === 0 || !isOut(line - 1));
      const { actions } = decode(Buffer.from(left.join("")));
      expect(actions.map(({ number }) => number)).toEqual(
        plan.actions.filter((_, i) => !isOut(i)).map(({ number }) => number),
      );
    }),
  );
});

test("whatever else is done to a plan, it is read or refused, never worse", () => {
  const harm = fc.record({
    at: fc.nat(5000),
    bytes: fc.uint8Array({ maxLength: 6 }),
    gone: fc.nat(8),
  });
  fc.assert(
    fc.property(savedPlans(), fc.array(harm, { minLength: 1, maxLength: 3 }), (plan, harms) => {
      let bytes: Uint8Array = Buffer.from(encodePlan(plan).lines.join(""));
      for (const { at, bytes: put, gone } of harms) {
        const from = at % bytes.length;
        bytes = Buffer.concat([bytes.subarray(0, from), put, bytes.subarray(from + gone)]);
      }
      try {
        decode(bytes);
      } catch (error) {
        if (!(error instanceof SyncError)) throw error;
        expect([error.code, error.message]).toEqual([
          "USAGE",
          expect.stringMatching(/^plan:\d+: /),
        ]);
      }
    }),
  );
});

test("a plan of 84 000 actions in 8 000 directories is written and read whole", ({ annotate }) => {
  const list = [...actionsOf(planOf({ directories: [...dirs()], content: [...contents()] }))];
  const started = performance.now();
  const needs = needsOf(list);
  const actions = list.map((action, i) => {
    const phase =
      action.type === "make-directory" ? ("directories" as const) : ("content" as const);
    return { number: i + 1, phase, action, needs: needs[i]! };
  });
  const [first] = fc.sample(savedPlans(), { numRuns: 1, seed: 1 });
  const { lines } = encodePlan({ ...first!, actions });
  const bytes = Buffer.from(lines.join(""));
  const written = performance.now();
  const { actions: read } = decode(bytes);
  const done = performance.now();
  expect(read).toHaveLength(84_000);
  expect(read.at(-1)).toEqual({ ...actions.at(-1), line: 84_001 });
  const ms = [written - started, done - written].map(Math.round);
  return annotate(`written in ${ms[0]} ms, read in ${ms[1]} ms, ${bytes.length} bytes`);
});

function* dirs(): Generator<Action> {
  for (let i = 0; i < 8000; i++) yield mkdir(`some/where/dir-${i}`);
}

function* contents(): Generator<Action> {
  for (let i = 0; i < 76_000; i++) yield create(`some/where/dir-${i % 8000}/file-${i}.jpg`, i);
}

test("a file that was cut off is never taken for a plan", () => {
  fc.assert(
    fc.property(savedPlans(), fc.nat(100_000), (plan, at) => {
      const bytes = Buffer.from(encodePlan(plan).lines.join(""));
      expect(() => decode(bytes.subarray(0, at % bytes.length))).toThrow(SyncError);
    }),
  );
});
