import { preserveKeys } from "../core/preserve.ts";
import type { Capabilities } from "../endpoint/endpoint.ts";

/** What the way to another host cannot carry, for people; `undefined` where it carries everything. */
export function shortcomingsOf({ keeps, timeResolution }: Capabilities): string | undefined {
  const lost = preserveKeys.filter((key) => !keeps[key]);
  const parts = [
    ...(timeResolution > 1 ? [`times in ${unitOf(timeResolution)}`] : []),
    ...(lost.length > 0 ? [`no ${lost.join(", ")}`] : []),
  ];
  return parts.length === 0 ? undefined : parts.join(", and ");
}

function unitOf(nanoseconds: number): string {
  if (nanoseconds >= 1e9) return "whole seconds";
  return nanoseconds >= 1e6 ? "milliseconds" : "microseconds";
}
