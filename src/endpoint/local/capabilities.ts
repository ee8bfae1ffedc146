import type { Preserve } from "../../core/preserve.ts";
import type { FileDriver } from "../../fs/driver.ts";
import type { Capabilities } from "../endpoint.ts";
import type { Self } from "./applier.ts";

/** What a kind of file system lacks, by its `f_type`. What is not listed here lacks nothing. */
interface Lack {
  /** Nanoseconds. */
  readonly timeResolution: number;
  readonly foldsCase: boolean;
}

const fat: Lack = { timeResolution: 2e9, foldsCase: true };
const exfat: Lack = { timeResolution: 1e7, foldsCase: true };

/** In place of FUSE's one `f_type` where it serves a disk: such disks are of the FAT or NTFS family. */
export const fuseDisk = -1;

/** File systems that keep names, sizes, times and content, and nothing else. */
const plain: ReadonlyMap<number, Lack> = new Map([
  [0x4d44, fat],
  [0x2011bab0, exfat],
  [fuseDisk, fat],
]);

/** File systems that can share content between files. */
const reflinking: ReadonlySet<number> = new Set([0x9123683e, 0x58465342]);

const nothing: Preserve = {
  mode: false,
  times: true,
  owner: false,
  group: false,
  xattrs: false,
  acls: false,
  hardlinks: false,
  devices: false,
  specials: false,
};

/** What a replica on a file system of that type can keep through that driver. `foldsCase` is what looking has shown. */
export function capabilitiesOf(
  driver: FileDriver,
  type: number,
  self: Self,
  foldsCase: boolean,
): Capabilities {
  const { features } = driver;
  const lack = plain.get(type);
  const { xattrs, nodes } = features;
  return {
    timeResolution: Math.max(features.timeResolution, lack?.timeResolution ?? 1),
    keeps:
      lack === undefined
        ? {
            mode: true,
            times: true,
            owner: true,
            group: true,
            xattrs,
            acls: xattrs,
            hardlinks: true,
            devices: nodes,
            specials: nodes,
          }
        : nothing,
    privileged: self.isRoot,
    linkTimes: features.linkMetadata,
    symlinks: lack === undefined,
    foldsCase: foldsCase || (lack?.foldsCase ?? false),
    reflink: features.kernelCopy && reflinking.has(type),
    remote: false,
  };
}
