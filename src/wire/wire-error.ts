/**
 * What came from the other side is not what it should be. Says what was wrong and where the limit is, and never repeats what
 * was received: it may be anything, and the message may end up on a screen.
 */
export class WireError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "WireError";
  }
}
