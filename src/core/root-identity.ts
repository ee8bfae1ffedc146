/** Identity of a replica's root, once its row was met; without one, nothing is like it. */
export interface RootIdentity {
  dev: number;
  inoHigh: number;
  inoLow: number;
}

/** One of its own, to be filled in when the root is met. */
export function rootIdentity(known: RootIdentity | undefined): RootIdentity {
  return { dev: -1, inoHigh: -1, inoLow: -1, ...known };
}
