/**
 * `config` turns what people write (options now, files later) into checked values. It says what is wrong with a value and
 * where it stands; it knows neither how a command line is read nor what a run does with the values. Each kind of value
 * has a small file of its own; a parser returns `undefined` for text that is not of its kind.
 */

const unitMs = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;
type Unit = keyof typeof unitMs;
const units = Object.keys(unitMs) as Unit[];

const pattern = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?$/;

/** What a message may name as examples. */
export const durationExamples = "200ms, 30s, 5m, 1d2h, 00d01h30m00s";

const lastDate = 8.64e15;

/** The longest wait, in milliseconds, of which the end can be told, if it begins before the year 10000. */
export const longestWait: number = lastDate - Date.UTC(10_000);

/**
 * Milliseconds of a duration such as `5m`, `1d2h`, `00d01h30m00s`, `200ms`: whole numbers with units, the larger unit
 * first, each at most once. `0` needs no unit.
 */
export function parseDuration(text: string): number | undefined {
  if (text === "0") return 0;
  const match = pattern.exec(text);
  if (match === null || text === "") return undefined;
  const ms = units.reduce((sum, unit, i) => sum + Number(match[i + 1] ?? 0) * unitMs[unit], 0);
  return Number.isSafeInteger(ms) ? ms : undefined;
}

/** The shortest text that {@link parseDuration} reads as that many milliseconds. */
export function formatDuration(ms: number): string {
  let rest = ms;
  let text = "";
  for (const unit of units) {
    const count = Math.floor(rest / unitMs[unit]);
    rest -= count * unitMs[unit];
    if (count > 0) text += `${count}${unit}`;
  }
  return text === "" ? "0s" : text;
}
