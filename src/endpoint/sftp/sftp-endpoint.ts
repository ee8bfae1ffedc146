import type { ByteString } from "../../base/byte-string.ts";
import { SyncError } from "../../base/errors.ts";
import type { Name } from "../../core/path.ts";
import type { Side } from "../../core/problem.ts";
import { tempNames, tempRun } from "../../fs/temp-names.ts";
import type { ApplyOptions, Capabilities, Endpoint } from "../endpoint.ts";
import { applyActions } from "./apply.ts";
import type { Applier, Counts } from "./applier.ts";
import { beginVersions } from "./begin-versions.ts";
import { capabilitiesOf } from "./capabilities.ts";
import { findUmask } from "./find-umask.ts";
import { hashFiles } from "./hash-files.ts";
import { makeRoot } from "./make-root.ts";
import { packFiles } from "./pack-files.ts";
import { Reach } from "./reach.ts";
import type { ReadContext } from "./read-file.ts";
import { readPieces } from "./read-file.ts";
import type { RootPlace } from "./root-place.ts";
import { inspectRoot } from "./root-place.ts";
import { fileSystemOf, scanTree } from "./scan.ts";
import type { Session, SftpHost } from "./session.ts";
import { openSession } from "./session.ts";
import { thinVersions } from "./thin-versions.ts";
import { VersionStore } from "./version-store.ts";

/** A server that is connected, and the root as it was found there. */
interface Site {
  readonly session: Session;
  readonly place: RootPlace;
}

/**
 * Opens a directory of a host that has nothing but an SFTP server; it need not exist yet. `location` is what was typed,
 * `directory` the path on the host, relative to where the server begins. Connects when it is first used, and again after a
 * connection was lost: what was under way then fails with `ENDPOINT_LOST`.
 */
export function openSftp(location: string, directory: ByteString, host: SftpHost): Endpoint {
  const counts: Counts = { entries: 0, files: 0, bytes: 0 };
  const link = newLink(host);
  let looking: Promise<RootPlace> | undefined;
  let capabilities: Capabilities | undefined;
  const look = async (): Promise<Site> => {
    const session = await link.session();
    looking ??= inspectRoot(session, location, directory);
    try {
      const place = await looking;
      capabilities ??= capabilitiesOf(session, place);
      return { session, place };
    } catch (error) {
      looking = undefined;
      throw error;
    }
  };
  const reading = async (side: Side, followLinks: boolean): Promise<ReadContext> => {
    const { session, place } = await look();
    const reach = new Reach(session.client, place.path, side);
    return {
      session,
      reach,
      side,
      followLinks,
      onBytes: (bytes) => {
        counts.bytes += bytes;
      },
    };
  };
  const countFile = (): void => {
    counts.files++;
  };

  return {
    location,
    machine: host.machine,
    // A server that only moves bytes compares none.
    usesBasis: false,
    get capabilities() {
      if (capabilities !== undefined) return capabilities;
      throw new Error(`${location}: nothing is known before the root was looked at`);
    },

    root: async () => (await look()).place.info,

    async makeRoot() {
      looking = undefined;
      capabilities = undefined;
      await makeRoot(await link.session(), location, directory);
      await look();
    },

    async *scan(request, signal) {
      signal.throwIfAborted();
      const { session, place } = await look();
      const filters = request.filter.rules.length > 0 || request.ignoreFiles;
      const fileSystem = request.oneFileSystem
        ? await fileSystemOf(session, place.path, location)
        : undefined;
      const ctx = { session, request, filters, fileSystem };
      for await (const chunk of scanTree(ctx, place.path, location, signal)) {
        counts.entries += chunk.count;
        yield chunk;
        signal.throwIfAborted();
      }
    },

    async *read(path, entry, { followLinks }, signal) {
      yield* readPieces(await reading("source", followLinks), { path, entry }, signal);
    },

    async *readFiles(files, { followLinks }, signal) {
      yield* packFiles(await reading("source", followLinks), files, countFile, signal);
    },

    // To know them, all of the content would have to be fetched.
    async chunks(requests, _options, signal) {
      signal.throwIfAborted();
      return requests.map(() => undefined);
    },

    compareContent: () => undefined,

    async hash(requests, options, signal) {
      const ctx = await reading(options.side, options.followLinks);
      return hashFiles(ctx, requests, options, countFile, signal);
    },

    async beginVersions(at, record) {
      const { session, place } = await look();
      const start = { client: session.client, root: place.path, nextTemp: newTempNames() };
      return beginVersions(start, at, record);
    },

    async *apply(actions, ordered, source, options, signal) {
      const { session, place } = await look();
      const ctx = newApplier({ session, place }, options, counts);
      yield* applyActions(ctx, actions, ordered, source, signal);
    },

    // SFTP can flush one open file at a time, which for many costs more than writing them: see ADR 19.
    flush: async () => {},
    async thinVersions(rule, at) {
      const { session, place } = await look();
      const start = { session, root: place.path, nextTemp: newTempNames() };
      const message = await thinVersions(start, rule, at);
      return message === undefined ? undefined : `${location}: ${message}`;
    },
    progress: () => ({ ...counts }),
    traffic: () => link.traffic(),
    async [Symbol.asyncDispose]() {
      link[Symbol.dispose]();
    },
  };
}

function newTempNames(): () => Name {
  return tempNames(tempRun(Math.random));
}

function newApplier({ session, place }: Site, options: ApplyOptions, counts: Counts): Applier {
  const { client } = session;
  const { path, isPrivileged } = place;
  const nextTemp = newTempNames();
  let umask: Promise<number> | undefined;
  return {
    session,
    reach: new Reach(client, path, "target"),
    options,
    isPrivileged,
    nextTemp,
    counts,
    umask: () => (umask ??= findUmask(client, path, nextTemp())),
    versions:
      options.versions === undefined
        ? undefined
        : new VersionStore(client, path, options.versions, isPrivileged),
    opened: new Map(),
  };
}

/** The connection of an endpoint: at most one at a time, made when it is needed. */
interface Link extends Disposable {
  session(): Promise<Session>;
  /** Bytes of this connection and of those that were lost. */
  traffic(): { readonly sent: number; readonly received: number };
}

function newLink(host: SftpHost): Link {
  let opening: Promise<Session> | undefined;
  let open: Session | undefined;
  let before = { sent: 0, received: 0 };
  let isClosed = false;
  const traffic: Link["traffic"] = () => {
    const now = open?.client.connection.traffic ?? { sent: 0, received: 0 };
    return { sent: before.sent + now.sent, received: before.received + now.received };
  };
  const begin = async (): Promise<Session> => {
    open = await openSession(host);
    if (isClosed) open[Symbol.dispose]();
    return open;
  };
  return {
    async session() {
      if (isClosed) throw new SyncError("ENDPOINT_LOST", `${host.name}: the connection was closed`);
      if (open?.client.connection.failure !== undefined) {
        before = traffic();
        open = undefined;
        opening = undefined;
      }
      opening ??= begin();
      try {
        return await opening;
      } catch (error) {
        opening = undefined;
        throw error;
      }
    },
    traffic,
    [Symbol.dispose]() {
      isClosed = true;
      open?.[Symbol.dispose]();
    },
  };
}
