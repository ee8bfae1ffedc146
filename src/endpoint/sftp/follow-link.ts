import type { ByteString } from "../../base/byte-string.ts";
import type { Side } from "../../core/problem.ts";
import { SYMLINK } from "../../core/snapshot.ts";
import { EntryProblem } from "../endpoint.ts";
import type { Attributes } from "./attributes.ts";
import { below, parentOf } from "./host-path.ts";
import type { Session } from "./session.ts";

/** What a link leads to, wherever that is. */
interface Followed {
  readonly attributes: Attributes;
  /** Where it is, without links. */
  readonly host: ByteString;
}

/** As many as Linux follows. */
const mostLinks = 40;

/** Follows a link to its end. Only ever called for a user who asked for links to be followed. */
export async function followLink(
  { session: { client }, request: { side } }: FollowContext,
  link: ByteString,
): Promise<Followed> {
  const attributes = await client.stat(link);
  if (attributes !== undefined) return { attributes, host: await client.realpath(link) };
  // The server has one status for a link that leads nowhere and for one that leads in a circle.
  let at = link;
  for (let left = mostLinks; left > 0; left--) {
    const found = await client.lstat(at);
    if (found === undefined) {
      const message = "it has gone while it was looked at; the next run will see";
      throw new EntryProblem(side, "vanished", message);
    }
    if (found.kind !== SYMLINK) return { attributes: found, host: at };
    const target = await client.readlink(at);
    at = target.startsWith("/") ? target : below(parentOf(at), target);
  }
  throw new EntryProblem(side, "changed", "the link leads in a circle");
}

interface FollowContext {
  readonly session: Session;
  readonly request: { readonly side: Side };
}
