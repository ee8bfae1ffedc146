import type { VerifyContext } from "../app/verify.ts";
import { escapePath, escapeText } from "./escape.ts";
import { formatBytes, formatElapsed, plural } from "./format.ts";
import type { Look } from "./look.ts";

export type VerifyEvent = Parameters<VerifyContext["report"]>[0];
type Difference = Extract<VerifyEvent, { type: "difference" }>["difference"];
type Summary = Extract<VerifyEvent, { type: "summary" }>["summary"];

/** As they were typed. */
interface Names {
  readonly source: string;
  readonly target: string;
}

/** One difference on one line: `<` and `>` point at what only the first or only the second has. */
export function differenceLine(difference: Difference, names: Names, look: Look): string {
  const { path, only, sourceKind, targetKind, aspects, corrupt } = difference;
  const isDirectory = (sourceKind ?? targetKind) === "directory";
  const shown = path === "" ? "./" : `${escapePath(path)}${isDirectory ? "/" : ""}`;
  if (only !== undefined) {
    const mark = look.paint("yellow", only === "source" ? "<" : ">");
    return `${mark} ${shown}  (only in ${escapeText(names[only])})`;
  }
  const what = aspects.map((aspect) =>
    aspect === "kind" ? `kind: ${sourceKind}, ${targetKind}` : aspect,
  );
  if (corrupt.length === 0) return `${look.paint("yellow", "~")} ${shown}  (${what.join(", ")})`;
  const where = corrupt.map((side) => escapeText(names[side])).join(" and in ");
  const also = what.length === 0 ? "" : `; ${what.join(", ")}`;
  return `${look.paint("red", "x")} ${shown}  (corrupt in ${where}: content changed, size and time did not${also})`;
}

/** The last line of a verification. */
export function verifySummaryLine(summary: Summary, look: Look): string {
  const { glyphs } = look;
  const names = { source: escapeText(summary.source), target: escapeText(summary.target) };
  const counts: readonly (readonly [count: number, words: string])[] = [
    [summary.different, `${summary.different} different`],
    [summary.corrupt, `${summary.corrupt} of them corrupt`],
    [summary.onlySource, `${summary.onlySource} only in ${names.source}`],
    [summary.onlyTarget, `${summary.onlyTarget} only in ${names.target}`],
    [summary.skipped, `${summary.skipped} skipped`],
    [summary.problems, plural(summary.problems, "problem")],
    [
      summary.unremembered ?? 0,
      `${plural(summary.unremembered ?? 0, "file")} not checked against a remembered hash`,
    ],
  ];
  const crossed = summary.sent + summary.received;
  const parts = [
    summary.status === "unreachable" ? "out of reach" : summary.status,
    `${summary.checked} checked`,
    ...counts.filter(([count]) => count > 0).map(([, words]) => words),
    `${formatBytes(summary.bytesCompared)} compared`,
    ...(crossed > 0 ? [`${formatBytes(crossed)} sent`] : []),
    formatElapsed(summary.durationMs),
  ];
  const pair = `${names.source} ${glyphs.arrow} ${names.target}`;
  return `${markOf(summary, look)} ${pair}  ${parts.join(` ${glyphs.dot} `)}`;
}

function markOf({ status }: Summary, { glyphs, paint }: Look): string {
  switch (status) {
    case "equal":
      return paint("green", glyphs.done);
    case "different":
      return paint("yellow", glyphs.warning);
    case "interrupted":
      return paint("yellow", glyphs.stopped);
    case "unreachable":
    case "failed":
      return paint("red", glyphs.failed);
  }
}
