/** Why the other side could not do what it was asked. */
export interface PeerFailure {
  /** A word of the message's own; what it means is for those who exchange it. */
  readonly code: string;
  readonly message: string;
}

/** Thrown by {@link Channel.receive} and {@link Channel.send}: the other side has failed this channel, and no other. */
export class ChannelFailed extends Error {
  readonly failure: PeerFailure;

  constructor(failure: PeerFailure) {
    super(failure.message);
    this.name = "ChannelFailed";
    this.failure = failure;
  }
}

/** Thrown by all channels of a session that is over: the connection broke, fell silent, or the other side spoke nonsense. */
export class SessionLost extends Error {
  /** Nonsense is nothing to try again. */
  readonly isHostile: boolean;

  constructor(message: string, isHostile: boolean, cause?: unknown) {
    super(message, { cause });
    this.name = "SessionLost";
    this.isHostile = isHostile;
  }
}

/**
 * One conversation of many over one session: whole messages both ways, in order, each way with credit of its own. A channel
 * is over when both ends have said `end`, or when one of them has failed or cancelled it.
 */
export interface Channel {
  /**
   * Sends one message. Resolves when there is credit for it, which is at once as a rule. Throws `ChannelFailed`,
   * `SessionLost`, and the signal's reason where the other side has cancelled.
   */
  send(message: Uint8Array): Promise<void>;
  /** Nothing more will be sent from here. */
  end(): void;
  /** The next message, at the receiver's pace; `undefined` when the other side has ended. Its memory is the receiver's. */
  receive(): Promise<Uint8Array | undefined>;
  /** Tells the other side why this cannot be done, and ends both ways. */
  fail(failure: PeerFailure): void;
  /** Lets go of the channel: what still comes is dropped, and the other side told. Nothing happens on one that is over. */
  cancel(): void;
  /** Aborts when the other side has cancelled, failed the channel, or is lost. */
  readonly signal: AbortSignal;
}
