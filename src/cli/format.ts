const sizeUnits = ["KiB", "MiB", "GiB", "TiB", "PiB"] as const;

/** A size for people: `512 B`, `1.2 KiB`, `70.9 GiB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${Math.round(bytes)} B`;
  let value = bytes;
  let unit = -1;
  // 1023.95 would be shown as 1024.0 of a unit of which there are 1024 in the next.
  while (value >= 1023.95 && unit < sizeUnits.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value.toFixed(1)} ${sizeUnits[unit]}`;
}

/** A count for people, in groups of three: `12 408`. */
export function formatCount(count: number): string {
  return String(count).replaceAll(/\B(?=(\d{3})+$)/g, " ");
}

/** A length of time for people: `0.42s`, `12.3s`, `2m31s`, `1h02m`, `3d04h`. */
export function formatElapsed(ms: number): string {
  if (ms < 9995) return `${(ms / 1000).toFixed(2)}s`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)}s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${pad(seconds % 60)}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)}h${pad(minutes % 60)}m`;
  const hours = Math.floor(minutes / 60);
  return `${Math.floor(hours / 24)}d${pad(hours % 24)}h`;
}

/** Time left in words that do not pretend to know better: seconds only below two minutes. */
export function formatTimeLeft(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  if (seconds < 10) return "a few seconds";
  if (seconds < 120) return `about ${Math.round(seconds / 5) * 5} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `about ${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `about ${hours} h` : `about ${Math.round(hours / 24)} days`;
}

/** A moment in the local time zone: `2026-11-20 19:43:25`. */
export function formatLocalTime(ms: number): string {
  const at = new Date(ms);
  const date = [at.getFullYear(), pad(at.getMonth() + 1), pad(at.getDate())].join("-");
  return `${date} ${[at.getHours(), at.getMinutes(), at.getSeconds()].map(pad).join(":")}`;
}

/** The same, without the date where that is today's. */
export function formatTime(ms: number, now: number): string {
  const [date, time] = formatLocalTime(ms).split(" ");
  return formatLocalTime(now).startsWith(`${date} `) ? time! : `${date} ${time}`;
}

/** A share for people, with a decimal only where it is small: `81 %`, `0.05 %`. */
export function formatPercent(part: number, whole: number): string {
  const percent = whole === 0 ? 0 : (part / whole) * 100;
  if (percent === 0 || percent >= 10) return `${Math.floor(percent)} %`;
  return `${Number(percent.toPrecision(2))} %`;
}

/** `1 file`, `2 files`; the plural is made with an s unless it is given. */
export function plural(count: number, one: string, many: string = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

function pad(count: number): string {
  return String(count).padStart(2, "0");
}
