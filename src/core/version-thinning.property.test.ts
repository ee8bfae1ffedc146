import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { LastThinning, VersionRule } from "./version-thinning.ts";
import { survivors, thinningMoment } from "./version-thinning.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const week = 7 * day;

const start = Date.UTC(2020, 0);
/** Stamps of one path, ascending, over years, some of them close together. */
const stamps = fc
  .array(
    fc.oneof(
      fc.integer({ min: 0, max: 2000 * day }),
      fc.integer({ min: 1995 * day, max: 2000 * day }),
    ),
    { maxLength: 60 },
  )
  .map((offsets) => [...new Set(offsets)].sort((a, b) => a - b).map((offset) => start + offset));
const later = fc.integer({ min: 0, max: 900 * day });
const tiered: VersionRule = { keep: "tiered" };

const kept = (rule: VersionRule, all: readonly number[], asOf: number): number[] => {
  const keep = survivors(rule, all, asOf);
  return all.filter((_, i) => keep[i]);
};

describe("tiered", () => {
  const promises = [
    { until: day, span: hour },
    { until: 30 * day, span: day },
    { until: 84 * day, span: week },
    { until: Infinity, span: 4 * week },
  ];

  test("of every span that had a version, one is left", () => {
    fc.assert(
      fc.property(stamps, later, (all, after) => {
        const asOf = start + 2000 * day + after;
        const left = kept(tiered, all, asOf);
        for (const at of all) {
          const age = asOf - at;
          const { span } = promises.find(({ until }) => age <= until)!;
          const same = (other: number): boolean =>
            Math.floor(other / span) === Math.floor(at / span);
          expect(left.some(same)).toBe(true);
        }
      }),
    );
  });

  test("all of the last hour is left, and the last version always", () => {
    fc.assert(
      fc.property(stamps, later, (all, after) => {
        const asOf = start + 2000 * day + after;
        const left = kept(tiered, all, asOf);
        expect(left).toEqual(expect.arrayContaining(all.filter((at) => asOf - at <= hour)));
        expect(left.at(-1)).toBe(all.at(-1));
      }),
    );
  });

  test("thinning now and again leaves what thinning once would", () => {
    fc.assert(
      fc.property(stamps, fc.array(later, { minLength: 1, maxLength: 6 }), (all, moments) => {
        const asOfs = moments.sort((a, b) => a - b).map((at) => start + 2000 * day + at);
        const often = asOfs.reduce((left, asOf) => kept(tiered, left, asOf), all);
        expect(often).toEqual(kept(tiered, all, asOfs.at(-1)!));
      }),
    );
  });

  test("what is left of a long time is little", () => {
    const everyTenMinutes = Array.from({ length: 6 * 24 * 400 }, (_, i) => start + i * 10 * minute);
    const left = kept(tiered, everyTenMinutes, everyTenMinutes.at(-1)!);
    expect(left.length).toBeLessThan(6 + 25 + 31 + 9 + 13);
  });
});

test("trash keeps everything until it is that old, and nothing that is older", () => {
  fc.assert(
    fc.property(stamps, later, fc.integer({ min: 1, max: 2000 * day }), (all, after, age) => {
      const asOf = start + 2000 * day + after;
      const left = kept({ keep: "trash", age }, all, asOf);
      expect(left).toEqual(all.filter((at) => asOf - at <= age));
    }),
  );
});

describe("a clock that jumps", () => {
  /** One thinning after the other, as runs make them; each is told how much time passed, and how far the clock is off. */
  const steps = fc.array(
    fc.record({
      passed: fc.integer({ min: 0, max: 10 * day }),
      off: fc.oneof(fc.constant(0), fc.integer({ min: -4000 * day, max: 4000 * day })),
      restarts: fc.boolean(),
    }),
    { maxLength: 20 },
  );

  test("never lets the store's time go on by more than twice what has passed, or eight days a start", () => {
    fc.assert(
      fc.property(steps, (all) => {
        let last: LastThinning | undefined;
        let [real, uptime, boot] = [start, 0, 0];
        for (const { passed, off, restarts } of all) {
          real += passed;
          uptime = restarts ? 0 : uptime + passed;
          if (restarts) boot++;
          const now = real + off;
          const facts = { now, boot: `${boot}`, uptime, stamps: [start, now], last };
          const moment = thinningMoment(facts);
          if (moment.type === "hold") continue;
          if (last !== undefined) {
            const isSame = last.boot === `${boot}`;
            const most = isSame ? 2 * (uptime - last.uptime) : 8 * day;
            expect(moment.asOf - last.asOf).toBeLessThanOrEqual(most);
            expect(moment.asOf).toBeGreaterThanOrEqual(last.asOf);
          } else expect(moment.asOf).toBeLessThanOrEqual(start);
          last = { asOf: moment.asOf, boot: `${boot}`, uptime };
        }
      }),
    );
  });

  const facts = { now: start, boot: "a", uptime: 0, stamps: [start], last: undefined };
  const last = { asOf: start, boot: "a", uptime: 0 };

  test("the first thinning drops nothing, wherever the clock stands", () => {
    const moment = thinningMoment({ ...facts, now: start + 5000 * day });
    expect(moment).toEqual({ type: "thin", asOf: start, isBehind: true });
  });

  test("a name in the future holds everything", () => {
    const moment = thinningMoment({ ...facts, stamps: [start, start + 2 * day], last });
    expect(moment).toEqual({ type: "hold", reason: "future" });
  });

  test("so does a clock that was set back", () => {
    const ahead = { ...last, asOf: start + 30 * day };
    expect(thinningMoment({ ...facts, last: ahead })).toEqual({ type: "hold", reason: "back" });
  });

  test("time that has passed counts", () => {
    const moment = thinningMoment({ ...facts, now: start + 40 * day, uptime: 40 * day, last });
    expect(moment).toEqual({ type: "thin", asOf: start + 40 * day, isBehind: false });
  });

  test("a machine that was off for a week counts that week", () => {
    const moment = thinningMoment({ ...facts, now: start + 7 * day, boot: "b", last });
    expect(moment).toEqual({ type: "thin", asOf: start + 7 * day, isBehind: false });
  });
});
