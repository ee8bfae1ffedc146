/** Flags of `open` that `node:fs` does not name. Unlike O_DIRECTORY and O_NOFOLLOW, they are the same on x64 and arm64. */
export const openFlags = { closeOnExec: 0o2000000, pathOnly: 0o10000000 } as const;
