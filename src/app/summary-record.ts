import type { RunSummary } from "../engine/events.ts";
import { exitCodeOf } from "./exit-code.ts";

/** A run's summary as it leaves the program: flat, and named as CLI.md names it. */
export interface SummaryRecord {
  readonly source: string;
  readonly target: string;
  readonly checked: number;
  readonly created: number;
  readonly updated: number;
  readonly moved: number;
  readonly copied: number;
  readonly deleted: number;
  readonly metadata: number;
  readonly skipped: number;
  readonly problems: number;
  readonly conflicts: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly bytesCopied: number;
  readonly bytesAvoided: number;
  readonly durationMs: number;
  readonly exitCode: number;
}

/** The one place where a summary gets its outer form: programs are told it, and the history keeps it. */
export function summaryRecord(summary: RunSummary): SummaryRecord {
  const { totals } = summary;
  return {
    source: summary.source,
    target: summary.target,
    checked: summary.checked,
    created: totals.created,
    updated: totals.updated,
    moved: totals.moved,
    copied: totals.copied,
    deleted: totals.deleted,
    metadata: totals.metadata,
    skipped: summary.skipped,
    problems: summary.problems,
    // One-way runs have none.
    conflicts: 0,
    bytesSent: summary.sent,
    bytesReceived: summary.received,
    bytesCopied: summary.bytesCopied,
    bytesAvoided: summary.bytesAvoided,
    durationMs: Math.round(summary.durationMs),
    exitCode: exitCodeOf(summary.status),
  };
}
