/** Prebuilt native parts: koffi for system calls, and BLAKE3. */
export type NativePart = "koffi" | "blake";

/** Files of the native parts, by absolute path; a part that is not there is done without. */
export type NativeParts = Readonly<Partial<Record<NativePart, string>>>;

let handed: NativeParts | undefined;

/** Takes native parts from these files, and from nowhere else; `undefined`: from packages. Once for each thread, and first. */
export function useNativeParts(parts: NativeParts | undefined): void {
  handed = parts;
}

/** The file of a part; `undefined` where a package has it. Throws where there is none. */
export function nativePart(name: NativePart): string | undefined {
  const file = handed?.[name];
  if (handed !== undefined && file === undefined) throw new Error(`${name} has not come along`);
  return file;
}
