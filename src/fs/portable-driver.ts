/**
 * The `portable` driver: `node:fs` alone, for machines on which the C library cannot be called. Its features say what
 * it cannot keep.
 */
import { type DescriptorPaths, descriptorPaths } from "./descriptor-paths.ts";
import type { DriverFeatures, FileDriver } from "./driver.ts";
import { FileError } from "./file-error.ts";
import { nodeContentCalls } from "./node-content.ts";
import { withFileErrors } from "./node-errors.ts";
import { nodeMetadataCalls } from "./node-metadata.ts";
import { nodeNameCalls } from "./node-names.ts";
import { nodeOpenCalls } from "./node-open.ts";
import { nodeStatCalls } from "./node-stat.ts";

const features: DriverFeatures = {
  timeResolution: 1000,
  xattrs: false,
  nodes: false,
  linkMetadata: true,
  renameFlags: false,
  kernelCopy: false,
  holes: false,
  flush: false,
};

/** A new driver; `paths` is told only by tests. */
export function portableDriver(paths: DescriptorPaths = descriptorPaths()): FileDriver {
  return {
    name: "portable",
    features,
    ...withFileErrors({
      ...nodeOpenCalls(paths),
      ...nodeStatCalls(paths),
      ...nodeContentCalls(paths),
      ...nodeNameCalls(paths),
      ...nodeMetadataCalls(paths),
    }),
    listXattrs: () => [],
    listXattrsOf: () => [],
    getXattr: noXattrs,
    getXattrOf: noXattrs,
    setXattr: noXattrs,
    setXattrOf: noXattrs,
    removeXattr: noXattrs,
    removeXattrOf: noXattrs,
  };
}

function noXattrs(): never {
  throw new FileError("ENOTSUP", "xattr");
}
