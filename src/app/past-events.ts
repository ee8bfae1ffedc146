import type { ByteString } from "../base/byte-string.ts";
import { bytesOfText } from "../base/byte-string.ts";
import { parseRelPath, rootPath } from "../core/path.ts";
import type { RelPath } from "../core/path.ts";
import type { Aspect } from "../core/plan.ts";
import type { Problem, ProblemCode } from "../core/problem.ts";
import type { RunSummary } from "../engine/events.ts";
import type { ActionView } from "./action-view.ts";
import type { ActionRecord, ProblemRecord } from "./event-record.ts";
import { statusOf } from "./exit-code.ts";
import type { PastRun } from "./past-runs.ts";
import type { SummaryRecord } from "./summary-record.ts";

/** Something that a run did or met, as the history has it. */
export type PastEvent =
  | {
      readonly type: "action";
      readonly view: ActionView;
      readonly outcome: ActionRecord["outcome"];
    }
  | { readonly type: "problem"; readonly problem: Problem };

/** Reads what was recorded, for people; {@link RunBody} says how. */
export function pastEvent(line: string): PastEvent {
  const record = JSON.parse(line) as ActionRecord | ProblemRecord;
  const path = pathOf(record.path, record.pathBytes);
  if (record.type === "problem") {
    const { side, message } = record;
    return { type: "problem", problem: { path, side, code: record.code as ProblemCode, message } };
  }
  const view: ActionView = {
    action: record.action,
    path,
    from: record.from === undefined ? undefined : pathOf(record.from, record.fromBytes),
    kind: record.kind,
    size: record.size,
    oldSize: undefined,
    aspects: (record.aspects ?? []) as readonly Aspect[],
  };
  return { type: "action", view, outcome: record.outcome };
}

/** The summary of a past run, as it was when the run ended. */
export function pastSummary(run: PastRun): RunSummary {
  const record = run.summary as unknown as SummaryRecord;
  const { source, target, checked, skipped, problems, bytesCopied, bytesAvoided } = record;
  const { created, updated, moved, copied, deleted, metadata } = record;
  return {
    run: run.number,
    source,
    target,
    status: statusOf(run.exitCode),
    dryRun: false,
    checked,
    totals: {
      created,
      updated,
      moved,
      copied,
      deleted,
      metadata,
      bytes: bytesCopied,
      bytesAvoided: 0,
      deletedBytes: 0,
    },
    skipped,
    problems,
    bytesCopied,
    bytesAvoided,
    sent: record.bytesSent,
    received: record.bytesReceived,
    durationMs: run.durationMs,
  };
}

/** Whether a run changed anything or met a problem, by its summary. */
export function didSomething({ summary }: PastRun): boolean {
  const { created, updated, moved, copied, deleted, metadata, problems } =
    summary as unknown as SummaryRecord;
  return [created, updated, moved, copied, deleted, metadata, problems].some((count) => count > 0);
}

function pathOf(text: string, bytes: string | undefined): RelPath {
  const raw =
    bytes === undefined ? bytesOfText(text) : Buffer.from(bytes, "base64").toString("latin1");
  return parseRelPath(raw as ByteString) ?? rootPath;
}
