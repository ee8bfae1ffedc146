/** Closes a total switch: a case that was forgotten is a compile error at the call. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
