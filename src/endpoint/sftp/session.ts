import type { ByteString } from "../../base/byte-string.ts";
import { SyncError } from "../../base/errors.ts";
import type { Transport } from "../../wire/transport.ts";
import { Connection } from "./connection.ts";
import type { Extension } from "./protocol.ts";
import { extensions, usualPiece } from "./protocol.ts";
import { SftpClient } from "./sftp-client.ts";

/** A host, and how its SFTP server is reached. */
export interface SftpHost {
  /** What messages call it. */
  readonly name: string;
  /** Tells it from every other machine; see `Endpoint.machine`. */
  readonly machine: string;
  /** Starts a server, or finds one. Called again when a connection was lost. */
  readonly connect: () => Promise<Transport>;
  /** Milliseconds without a word, while something is asked, after which the connection counts as lost. */
  readonly silence?: number;
  /** What the server may be made to send in a second, where that is limited. */
  readonly bytesPerSecond?: number | undefined;
  /** How often a connection that was lost is made again before something has got through; never, if not said. */
  readonly retries?: number;
  /** Waits between two attempts. */
  readonly sleep?: (ms: number) => Promise<void>;
  /** Told when a connection was lost and is made again. */
  readonly onNotice?: (message: string) => void;
}

/** One connection to a server, and what the server is like. */
export interface Session extends Disposable {
  readonly client: SftpClient;
  /** Where relative paths begin. */
  readonly home: ByteString;
  /** Bytes of one read and of one write. */
  readonly readBytes: number;
  readonly writeBytes: number;
  /** Files to have open at once, for each of those who open many. */
  readonly openFiles: number;
  /** Renames of files refuse where the name is taken, in one step. */
  readonly refusesTakenNames: boolean;
}

/** A disk may be slow, and a server does one thing after another. */
const usualSilence = 120_000;
/** Bytes; several are under way at once, so larger ones would gain nothing. */
const largestPiece = 256 * 1024;
/** Where a line is slowed down, pieces are so small that something is heard of every one in good time. */
const leastPiece = 4096;
/** What servers allow that do not say: OpenSSH did so with 200, before it said. */
const usualOpenFiles = 48;
const mostOpenFiles = 256;

export async function openSession(host: SftpHost): Promise<Session> {
  const transport = await host.connect();
  const { name, silence = usualSilence, bytesPerSecond } = host;
  const connection = new Connection(transport, { name, silence });
  try {
    const announced = await connection.open();
    const offered = new Set<Extension>();
    for (const [extension, wireName] of Object.entries(extensions)) {
      if (announced.has(wireName as ByteString)) offered.add(extension as Extension);
    }
    const client = new SftpClient(connection, offered, bytesPerSecond);
    const [home, said] = await Promise.all([
      client.realpath("." as ByteString),
      client.offers("limits") ? client.limits() : undefined,
    ]);
    if (!home.startsWith("/")) {
      throw new SyncError("ENDPOINT_PROTOCOL", `${name}: the home directory has no absolute path`);
    }
    return {
      client,
      home,
      readBytes: pieceOf(said?.read, bytesPerSecond),
      writeBytes: pieceOf(said?.write, bytesPerSecond),
      openFiles: openFilesOf(said?.handles),
      // Only OpenSSH's own server has both; it links and unlinks, where others overwrite.
      refusesTakenNames: client.offers("limits") && client.offers("lsetstat"),
      [Symbol.dispose]: () => connection[Symbol.dispose](),
    };
  } catch (error) {
    connection[Symbol.dispose]();
    throw error;
  }
}

function pieceOf(limit: number | undefined, bytesPerSecond: number = Infinity): number {
  const most = Math.min(largestPiece, Math.max(leastPiece, Math.floor(bytesPerSecond / 4)));
  return Math.min(limit === undefined || limit === 0 ? usualPiece : limit, most);
}

function openFilesOf(handles: number | undefined): number {
  if (handles === undefined || handles === 0) return usualOpenFiles;
  return Math.max(1, Math.min(Math.floor(handles / 4), mostOpenFiles));
}
