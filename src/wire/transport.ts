/**
 * `wire` is how two Synclines talk: frames, messages and limits; bytes in, values out. It checks every length, count, name
 * and enum that comes from the other side against a limit. It knows no process, no socket and no clock but what it is
 * handed.
 *
 * This file is what it needs of whoever carries the bytes.
 */

/** Two streams of bytes, to and from whoever is at the other end. */
export interface Transport {
  /**
   * Resolves when there is somebody at the other end, where that takes a login: whoever makes that has a patience of its own.
   * Rejects where it comes to nothing, which shows in `incoming`, too. Without it, somebody is there from the beginning.
   */
  readonly opened?: Promise<unknown>;
  /**
   * Takes bytes, which are not to be changed afterwards. Returns a promise where the other end is slow: it resolves when
   * it is time for more. Never rejects: a loss shows in `incoming`.
   */
  write(bytes: Uint8Array): Promise<void> | undefined;
  /** Bytes as they arrive, in pieces of any size. Ends when the other end has closed; throws where it is lost. Read once. */
  readonly incoming: AsyncIterable<Uint8Array>;
  /** Bytes written and arrived so far. */
  traffic(): { readonly sent: number; readonly received: number };
  /** Ends at once; may be called again. */
  destroy(): void;
}
