import { constants } from "node:os";

// Two names for one number each; one is kept, so that callers compare with one.
const aliases: Readonly<Record<string, string>> = {
  EWOULDBLOCK: "EAGAIN",
  EOPNOTSUPP: "ENOTSUP",
  EDEADLOCK: "EDEADLK",
};

// What file systems answer and Node's table lacks. Linux numbers, the same on x64 and arm64.
const linuxOnly: Readonly<Record<string, number>> = {
  EUCLEAN: 117,
  EREMOTEIO: 121,
  ENOMEDIUM: 123,
  ENOKEY: 126,
  EKEYREJECTED: 129,
  EHWPOISON: 133,
};

const names = new Map<number, string>();
for (const [name, number] of Object.entries({ ...linuxOnly, ...constants.errno })) {
  if (!(name in aliases)) names.set(number, name);
}

/** The name of an errno of this platform; `E` and the number where it has none here. */
export function errnoName(number: number): string {
  return names.get(number) ?? `E${number}`;
}

/** The one name this code base uses for an errno with several. */
export function canonicalErrno(name: string): string {
  return aliases[name] ?? name;
}
