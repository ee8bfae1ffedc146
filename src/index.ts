/** Syncline as a library: the use cases that the command line is made of. */
export { mirror } from "./app/mirror.ts";
export { systemClock } from "./app/system-clock.ts";
export type { MirrorRequest, MirrorResult, RunContext } from "./app/request.ts";
export { SyncError } from "./base/errors.ts";
