import type { ByteString } from "../../base/byte-string.ts";
import type { Entry } from "../../core/entry.ts";
import { EntryProblem } from "../endpoint.ts";
import type { MemoryTarget } from "./memory-apply.ts";
import type { MemoryNode } from "./memory-node.ts";
import { isChosen, joinTime } from "./memory-node.ts";
import { roundTime, stamp } from "./memory-world.ts";

/** Sets what shall be kept. Goes on after a failure and returns the first: what could be set is set. */
export function setMetadata(
  { world, options }: MemoryTarget,
  node: MemoryNode,
  entry: Entry,
  isNew: boolean,
): EntryProblem | undefined {
  const { preserve } = options;
  const { privileged, linkTimes } = world.capabilities;
  if (node.kind === "symlink" && !linkTimes) return undefined;
  let problem: EntryProblem | undefined;
  const uid = preserve.owner ? entry.uid : node.uid;
  const gid = preserve.group ? entry.gid : node.gid;
  if (uid !== node.uid || gid !== node.gid) {
    if (privileged) Object.assign(node, { uid, gid });
    else problem = new EntryProblem("target", "not-permitted", "only root gives files away");
  }
  node.xattrs = new Map<ByteString, ByteString>([
    ...[...node.xattrs].filter(([attribute]) => !isChosen(attribute, preserve)),
    ...(entry.xattrs ?? []).filter(([attribute]) => isChosen(attribute, preserve)),
  ]);
  if (node.kind !== "symlink") {
    if (preserve.mode) node.mode = keptMode(node, entry);
    else if (isNew) node.mode = entry.mode & 0o777 & ~world.self.umask;
  }
  node.ctime = stamp(world);
  if (preserve.times) node.mtime = roundTime(world, joinTime(entry.mtimeSec, entry.mtimeNs));
  return problem;
}

/** A set-id bit lends the owner's power: it is never given to a file of somebody else's. */
function keptMode(node: MemoryNode, entry: Entry): number {
  const taken = (node.uid === entry.uid ? 0 : 0o4000) | (node.gid === entry.gid ? 0 : 0o2000);
  return entry.mode & ~taken;
}
