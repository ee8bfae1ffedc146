import type { ByteString } from "../../base/byte-string.ts";
import type { RelPath } from "../../core/path.ts";
import { parentPath, rootPath } from "../../core/path.ts";
import type { Side } from "../../core/problem.ts";
import { EntryProblem } from "../endpoint.ts";
import { isDirectory } from "./attributes.ts";
import { below } from "./host-path.ts";
import type { SftpClient } from "./sftp-client.ts";
import { asReadProblem } from "./status-error.ts";

/**
 * The directories below a root that were looked at and are no links. SFTP names everything by its whole path and follows
 * links on the way, so each directory is looked at before anything in it is touched, once for a piece of work.
 *
 * RACE: another program there may put a link in a directory's place between that look and what is done inside. No request
 * of the protocol closes the gap; over SFTP, whoever may write into a replica's directories has to be trusted.
 */
export class Reach {
  readonly root: ByteString;
  readonly #client: SftpClient;
  readonly #side: Side;
  readonly #seen = new Map<RelPath, Promise<void>>();

  constructor(client: SftpClient, root: ByteString, side: Side) {
    this.#client = client;
    this.root = root;
    this.#side = side;
  }

  /** Where a path is on the host. */
  host(path: RelPath): ByteString {
    return below(this.root, path);
  }

  /** Resolves when the directory at the path, and all above it, are directories. Rejects with `EntryProblem`. */
  directory(path: RelPath): Promise<void> {
    if (path === rootPath) return arrived;
    const known = this.#seen.get(path);
    if (known !== undefined) return known;
    const looking = this.#look(path);
    this.#seen.set(path, looking);
    // What is not there now may be made in a moment.
    looking.catch(() => this.#seen.delete(path));
    return looking;
  }

  /** A directory was made at the path. */
  made(path: RelPath): void {
    this.#seen.set(path, arrived);
  }

  /** What was a directory is none any more. */
  gone(path: RelPath): void {
    this.#seen.delete(path);
  }

  /** Forgets everything: paths may mean other directories now. */
  forget(): void {
    this.#seen.clear();
  }

  async #look(path: RelPath): Promise<void> {
    const above = this.directory(parentPath(path));
    const looking = this.#client.lstat(this.host(path));
    looking.catch(() => {});
    await above;
    const attributes = await looking.catch((error: unknown) => {
      throw asReadProblem(this.#side, error);
    });
    if (attributes === undefined) {
      const message = "a directory on the way has gone; the next run will see";
      throw new EntryProblem(this.#side, "vanished", message);
    }
    if (!isDirectory(attributes)) {
      const message = "a directory on the way is none any more; the next run will see";
      throw new EntryProblem(this.#side, "changed", message);
    }
  }
}

const arrived = Promise.resolve();
