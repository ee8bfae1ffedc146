import type { ByteString } from "../base/byte-string.ts";
import type { Preserve } from "../core/preserve.ts";
import type { RelPath } from "../core/path.ts";
import type { VersionRule } from "../core/version-thinning.ts";
import type { ApplyOptions, ChunkOptions, HashOptions, PackOptions } from "../endpoint/endpoint.ts";
import type { WireScan } from "./options.ts";
import * as options from "./options.ts";
import type { OtherHost } from "./other-host.ts";
import { readOtherHost, writeOtherHost } from "./other-host.ts";
import { Reader } from "./reader.ts";
import { Writer } from "./writer.ts";

/**
 * What a client can ask of an agent. Each request opens a channel; what goes over it then is said here, client first. A
 * request that fails ends its channel with a failure: a code of `SyncError`, and a message.
 */
export type WireRequest =
  /**
   * Takes a directory, as it was typed, under a number of the client's choice. Answers: what is worth knowing, and a place. With
   * `on` the directory is on another host, which the agent reaches by itself; what comes behind the place is about that.
   */
  | {
      readonly type: "open";
      readonly endpoint: number;
      readonly path: ByteString;
      readonly on: OtherHost | undefined;
    }
  /** Makes the missing root. Answer: a place. */
  | { readonly type: "make-root"; readonly endpoint: number }
  /** With `like`: run messages until the end. Answers: row messages until the end. */
  | {
      readonly type: "scan";
      readonly endpoint: number;
      readonly scan: WireScan;
      readonly like: LikeSpec | undefined;
      /** Rows up to and with this path are known already. */
      readonly after: RelPath | undefined;
    }
  /** Wanted files until the end. Answers: packs. */
  | { readonly type: "read"; readonly endpoint: number; readonly options: PackOptions }
  /** Checks until the end. Answers: verdicts. Both replicas are on the agent's own host. */
  | {
      readonly type: "compare";
      readonly endpoint: number;
      readonly source: number;
      readonly options: ApplyOptions;
    }
  /** Hash requests until the end. Answers: verdicts. */
  | { readonly type: "hash"; readonly endpoint: number; readonly options: HashOptions }
  /** Wanted files until the end. Answers: chunk lists. */
  | { readonly type: "chunks"; readonly endpoint: number; readonly options: ChunkOptions }
  /** Answer: the stamp; then the text of the record. Answer: the result. */
  | { readonly type: "begin-versions"; readonly endpoint: number; readonly at: number }
  /** Actions, and packs of what is asked for where the source is none that the agent has opened. Answers: outcomes, and what is wanted. */
  | {
      readonly type: "apply";
      readonly endpoint: number;
      readonly source: number | undefined;
      /** Whoever is asked for content can make use of what is there of it already. */
      readonly usesBasis: boolean;
      readonly ordered: boolean;
      readonly options: ApplyOptions;
    }
  /** Answer: nothing. */
  | { readonly type: "flush"; readonly endpoint: number }
  /** Answer: what to tell people. */
  | {
      readonly type: "thin";
      readonly endpoint: number;
      readonly rule: VersionRule;
      readonly at: number;
    };

/** When rows count as equal, for those who leave out what is. */
export interface LikeSpec {
  readonly preserve: Preserve;
  /** Nanoseconds. */
  readonly timeResolution: number;
}

/** In the order of their numbers. */
const types: readonly WireRequest["type"][] = [
  "open",
  "make-root",
  "scan",
  "read",
  "compare",
  "hash",
  "chunks",
  "begin-versions",
  "apply",
  "flush",
  "thin",
];

export function encodeRequest(request: WireRequest): Uint8Array {
  const out = new Writer();
  out.oneOf(types, request.type).u32(request.endpoint);
  switch (request.type) {
    case "open":
      out.latin1(request.path).optional(request.on, (it) => writeOtherHost(out, it));
      break;
    case "scan":
      options.writeScan(out, request.scan);
      out.optional(request.like, ({ preserve, timeResolution }) => {
        options.writePreserve(out, preserve);
        out.f64(timeResolution);
      });
      out.optional(request.after, (path) => out.latin1(path));
      break;
    case "read":
      options.writePackOptions(out, request.options);
      break;
    case "compare":
      out.u32(request.source);
      options.writeApplyOptions(out, request.options);
      break;
    case "hash":
      options.writeHashOptions(out, request.options);
      break;
    case "chunks":
      options.writeChunkOptions(out, request.options);
      break;
    case "begin-versions":
      out.f64(request.at);
      break;
    case "apply":
      out.optional(request.source, (it) => out.u32(it));
      out.bool(request.usesBasis).bool(request.ordered);
      options.writeApplyOptions(out, request.options);
      break;
    case "thin":
      options.writeVersionRule(out, request.rule);
      out.f64(request.at);
      break;
    case "make-root":
    case "flush":
  }
  return out.take();
}

/** Throws `WireError`. */
export function decodeRequest(bytes: Uint8Array): WireRequest {
  const from = new Reader(bytes);
  const type = from.oneOf(types);
  const request = readRequest(from, type, from.u32());
  from.end();
  return request;
}

function readRequest(from: Reader, type: WireRequest["type"], endpoint: number): WireRequest {
  switch (type) {
    case "open":
      return {
        type,
        endpoint,
        path: from.latin1(options.pathBytes),
        on: from.optional(() => readOtherHost(from)),
      };
    case "make-root":
    case "flush":
      return { type, endpoint };
    case "scan": {
      const scan = options.readScan(from);
      const like = from.optional(() => {
        const preserve = options.readPreserve(from);
        return { preserve, timeResolution: Math.max(1, from.f64()) };
      });
      return { type, endpoint, scan, like, after: from.optional(() => options.readPath(from)) };
    }
    case "read":
      return { type, endpoint, options: options.readPackOptions(from) };
    case "compare":
      return { type, endpoint, source: from.u32(), options: options.readApplyOptions(from) };
    case "hash":
      return { type, endpoint, options: options.readHashOptions(from) };
    case "chunks":
      return { type, endpoint, options: options.readChunkOptions(from) };
    case "begin-versions":
      return { type, endpoint, at: from.f64() };
    case "apply": {
      const source = from.optional(() => from.u32());
      const [usesBasis, ordered] = [from.bool(), from.bool()];
      return {
        type,
        endpoint,
        source,
        usesBasis,
        ordered,
        options: options.readApplyOptions(from),
      };
    }
    case "thin":
      return { type, endpoint, rule: options.readVersionRule(from), at: from.f64() };
  }
}
