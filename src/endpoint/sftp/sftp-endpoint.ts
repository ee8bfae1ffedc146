import type { ByteString } from "../../base/byte-string.ts";
import type { Name } from "../../core/path.ts";
import type { Side } from "../../core/problem.ts";
import { tempNames, tempRun } from "../../fs/temp-names.ts";
import type { Capabilities, Endpoint } from "../endpoint.ts";
import { applyActions } from "./apply.ts";
import type { Applier, Counts } from "./applier.ts";
import { beginVersions } from "./begin-versions.ts";
import { capabilitiesOf } from "./capabilities.ts";
import { findUmask } from "./find-umask.ts";
import { hashFiles } from "./hash-files.ts";
import { newLink } from "./link.ts";
import { makeRoot } from "./make-root.ts";
import { packFiles } from "./pack-files.ts";
import { Reach } from "./reach.ts";
import type { ReadContext } from "./read-file.ts";
import { readPieces } from "./read-file.ts";
import type { RootPlace } from "./root-place.ts";
import { inspectRoot } from "./root-place.ts";
import { fileSystemOf, scanTree } from "./scan.ts";
import type { Session, SftpHost } from "./session.ts";
import { thinVersions } from "./thin-versions.ts";
import { VersionStore } from "./version-store.ts";

/** A server that is connected, and the root as it was found there. */
interface Site {
  readonly session: Session;
  readonly place: RootPlace;
}

/**
 * Opens a directory of a host that has nothing but an SFTP server; it need not exist yet. `location` is what was typed,
 * `directory` the path on the host, relative to where the server begins. Connects when it is first used. A connection that is
 * lost is made again, as often as the host allows, and what was under way goes on; else it fails with `ENDPOINT_LOST`.
 */
export function openSftp(location: string, directory: ByteString, host: SftpHost): Endpoint {
  const counts: Counts = { entries: 0, files: 0, bytes: 0 };
  const link = newLink(host);
  let looking: Promise<RootPlace> | undefined;
  let capabilities: Capabilities | undefined;
  const lookBy = async (session: Session): Promise<Site> => {
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
  const onSite = <T>(work: (site: Site) => Promise<T>): Promise<T> => {
    link.renew();
    return link.run(async (session) => work(await lookBy(session)));
  };
  /** Getting there is no progress yet. */
  const look = async (): Promise<Site> => {
    for (;;) {
      try {
        return await lookBy(await link.session());
      } catch (error) {
        await link.recover(error);
      }
    }
  };
  const reading = (side: Side, followLinks: boolean): ReadContext => {
    link.renew();
    const place = perSession(look, ({ session, place }) => ({
      session,
      reach: new Reach(session.client, place.path, side),
    }));
    const onBytes = (bytes: number): void => {
      counts.bytes += bytes;
    };
    return { link, place, side, followLinks, onBytes };
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

    root: () => onSite(async ({ place }) => place.info),

    async makeRoot() {
      link.renew();
      await link.run((session) => makeRoot(session, location, directory));
      looking = undefined;
      capabilities = undefined;
      await look();
    },

    async *scan(request, signal) {
      signal.throwIfAborted();
      link.renew();
      const { place } = await look();
      const filters = request.filter.rules.length > 0 || request.ignoreFiles;
      const fileSystem = request.oneFileSystem
        ? await link.run((session) => fileSystemOf(session, place.path, location))
        : undefined;
      const scan = { run: link.run, request, filters, fileSystem };
      for await (const chunk of scanTree(scan, place.path, location, signal)) {
        counts.entries += chunk.count;
        yield chunk;
        signal.throwIfAborted();
      }
    },

    read: (path, entry, { followLinks }, signal) =>
      readPieces(reading("source", followLinks), { path, entry }, signal),

    readFiles: (files, options, signal) =>
      packFiles(reading("source", options.followLinks), files, options, countFile, signal),

    // To know them, all of the content would have to be fetched.
    async chunks(requests, _options, signal) {
      signal.throwIfAborted();
      return requests.map(() => undefined);
    },

    compareContent: () => undefined,

    hash: (requests, options, signal) =>
      hashFiles(reading(options.side, options.followLinks), requests, options, countFile, signal),

    beginVersions: (at, record) =>
      onSite(({ session, place }) => {
        const start = { client: session.client, root: place.path, nextTemp: newTempNames() };
        return beginVersions(start, at, record);
      }),

    apply(actions, ordered, source, options, signal) {
      link.renew();
      let again = options.again ?? false;
      const unswept = new Set<ByteString>();
      const applier = perSession(look, (site) => {
        const made = newApplier(site, { options: { ...options, again }, counts, unswept });
        // What was begun over this connection may be done when there is another one.
        again = true;
        return made;
      });
      return applyActions({ link, applier, unswept }, actions, ordered, source, signal);
    },

    // SFTP can flush one open file at a time, which for many costs more than writing them: see ADR 19.
    flush: async () => {},
    async thinVersions(rule, at) {
      const message = await onSite(({ session, place }) =>
        thinVersions({ session, root: place.path, nextTemp: newTempNames() }, rule, at),
      );
      return message === undefined ? undefined : `${location}: ${message}`;
    },
    progress: () => ({ ...counts }),
    traffic: () => link.traffic(),
    async [Symbol.asyncDispose]() {
      link[Symbol.dispose]();
    },
  };
}

/** What is made once for each connection. */
function perSession<T>(look: () => Promise<Site>, make: (site: Site) => T): () => Promise<T> {
  let last: { readonly session: Session; readonly made: T } | undefined;
  return async () => {
    const site = await look();
    if (last?.session !== site.session) last = { session: site.session, made: make(site) };
    return last.made;
  };
}

/** What outlasts a connection. */
type Shared = Pick<Applier, "options" | "counts" | "unswept">;

function newTempNames(): () => Name {
  return tempNames(tempRun(Math.random));
}

function newApplier({ session, place }: Site, shared: Shared): Applier {
  const { options, counts, unswept } = shared;
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
    unswept,
    umask: () => (umask ??= findUmask(client, path, nextTemp())),
    versions:
      options.versions === undefined
        ? undefined
        : new VersionStore(client, path, options.versions, isPrivileged),
    opened: new Map(),
  };
}
