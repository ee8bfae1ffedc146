/** For whom a password is meant, as ssh's own configuration says. */
export interface Recipient {
  readonly user: string;
  /** Names by which ssh calls the host when it asks: its own, or the one that its key is known by. */
  readonly hosts: readonly string[];
  /** Nobody else is logged in to on the way. */
  readonly isDirect: boolean;
}

/**
 * Whether a question of ssh's is for the password or passphrase, and asked for the host that it is meant for: hosts on the way
 * ask through the same program. Questions about host keys never are.
 */
export function asksForPassword(prompt: string, { user, hosts, isDirect }: Recipient): boolean {
  if (/yes\/no|fingerprint|authenticity|\b(?:old|new|retype)\b.*password/i.test(prompt))
    return false;
  if (/^Enter passphrase for .*: ?$/s.test(prompt)) return true;
  if (!/(?:password|passphrase|passcode)\b[^\n]*: ?$/i.test(prompt)) return false;
  const text = prompt.toLowerCase();
  const isMeant = hosts.some((host) =>
    // ssh cuts names of this length in the one sentence, and not in the other.
    [`${user.slice(0, 30)}@${host.slice(0, 128)}'s password`, `(${user}@${host}) `].some(
      (beginning) => text.startsWith(beginning.toLowerCase()),
    ),
  );
  const namesSomebody = /^\(?\S+@\S+(?:\)|'s) /.test(prompt);
  return isMeant || (!namesSomebody && isDirect);
}

/** Reads what `ssh -G` prints. */
export function parseRecipient(settings: string): Recipient {
  const value = (name: string): string | undefined => {
    const text = new RegExp(`^${name} (.*)$`, "m").exec(settings)?.[1]?.trim() ?? "";
    return text === "" || text.toLowerCase() === "none" ? undefined : text;
  };
  return {
    user: value("user") ?? "",
    hosts: [value("hostname"), value("hostkeyalias")].filter((host) => host !== undefined),
    isDirect: value("proxyjump") === undefined && value("proxycommand") === undefined,
  };
}
