import type { VersionRule } from "../core/version-thinning.ts";
import { formatDuration, parseDuration } from "./duration.ts";

/** What a message may name as examples. */
export const versionRuleExamples = "none, trash, trash:90d or tiered";

const usualAge = 30 * 86_400_000;

/** What is kept of what a run replaces or deletes: `none`, `trash`, `trash:AGE`, `tiered`. */
export function parseVersionRule(text: string): VersionRule | undefined {
  if (text === "none" || text === "tiered") return { keep: text };
  if (text === "trash") return { keep: "trash", age: usualAge };
  if (!text.startsWith("trash:")) return undefined;
  const age = parseDuration(text.slice("trash:".length));
  return age === undefined || age === 0 ? undefined : { keep: "trash", age };
}

/** The rule in words: `trash, 30d`. */
export function describeVersionRule(rule: VersionRule): string {
  return rule.keep === "trash" ? `trash, ${formatDuration(rule.age)}` : rule.keep;
}
