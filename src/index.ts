/** Syncline as a library: the use cases that the command line is made of. */
export { mirror } from "./app/mirror.ts";
export { planMirror } from "./app/plan.ts";
export type { PlanRequest } from "./app/plan.ts";
export { applySaved } from "./app/apply.ts";
export type { ApplyRequest } from "./app/apply.ts";
export { readPlan } from "./app/saved-plans.ts";
export type { OpenedPlan } from "./app/saved-plans.ts";
export { systemClock } from "./app/system-clock.ts";
export type { MirrorRequest, MirrorResult, RunContext } from "./app/request.ts";
export { SyncError } from "./base/errors.ts";
