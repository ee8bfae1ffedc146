import type { ByteString } from "../base/byte-string.ts";
import type { Xattrs } from "../core/entry.ts";
import type { Name } from "../core/path.ts";
import type { Descriptor, FileDriver } from "./driver.ts";

/** Which extended attributes take part. */
export interface AttributeChoice {
  readonly xattrs: boolean;
  readonly acls: boolean;
  /** Only root can write `trusted.*` and `security.*`; for others they do not exist. */
  readonly isRoot: boolean;
}

/** Attributes that the kernel keeps for itself and that mean nothing in another place; XFS shows its own form of ACLs to root. */
const kernelOwn =
  /^(security\.(ima|evm)|trusted\.(overlay\..*|SGI_ACL_.*)|system\.(?!posix_acl_).*)$/;

function isAcl(attribute: ByteString): boolean {
  return attribute.startsWith("system.posix_acl_");
}

export function isChosen(attribute: ByteString, choice: AttributeChoice): boolean {
  if (isAcl(attribute)) return choice.acls;
  if (!choice.xattrs || kernelOwn.test(attribute)) return false;
  return attribute.startsWith("user.") || choice.isRoot;
}

/** Attributes of the entry `name`, which is not followed: `undefined` where none are chosen or there. */
export function readAttributes(
  driver: FileDriver,
  dir: Descriptor,
  name: Name,
  choice: AttributeChoice,
): Xattrs | undefined {
  const listed = driver.listXattrs(dir, name);
  if (listed.length === 0) return undefined;
  return collect(listed, choice, (attribute) => driver.getXattr(dir, name, attribute));
}

/** {@link readAttributes} of something open. */
export function readAttributesOf(
  driver: FileDriver,
  fd: Descriptor,
  choice: AttributeChoice,
): Xattrs | undefined {
  const listed = driver.listXattrsOf(fd);
  if (listed.length === 0) return undefined;
  return collect(listed, choice, (attribute) => driver.getXattrOf(fd, attribute));
}

function collect(
  listed: readonly ByteString[],
  choice: AttributeChoice,
  get: (attribute: ByteString) => ByteString,
): Xattrs | undefined {
  const chosen = listed.filter((attribute) => isChosen(attribute, choice));
  if (chosen.length === 0) return undefined;
  return chosen.map((attribute) => [attribute, get(attribute)] as const);
}

/** Where attributes are written: by name, or through a descriptor. */
export interface AttributeTarget {
  readonly current: Xattrs | undefined;
  readonly set: (attribute: ByteString, value: ByteString) => void;
  readonly remove: (attribute: ByteString) => void;
}

/** Makes the chosen attributes what they shall be; extra ones go. */
export function writeAttributes(wanted: Xattrs | undefined, target: AttributeTarget): void {
  const have = new Map(target.current);
  const missing = new Map<ByteString, ByteString>();
  for (const [attribute, value] of wanted ?? []) {
    if (have.get(attribute) !== value) missing.set(attribute, value);
    have.delete(attribute);
  }
  for (const attribute of have.keys()) target.remove(attribute);
  // An ACL can take away the right to set the others, so it comes last.
  const last = [...missing].toSorted(([a], [b]) => Number(isAcl(a)) - Number(isAcl(b)));
  for (const [attribute, value] of last) target.set(attribute, value);
}
