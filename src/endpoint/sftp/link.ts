import { notMadeAgain } from "../../base/endpoint-failure.ts";
import { SyncError } from "../../base/errors.ts";
import type { Traffic } from "../endpoint.ts";
import type { Session, SftpHost } from "./session.ts";
import { openSession } from "./session.ts";

/** The connection of an endpoint: at most one at a time, made when it is needed, and again when it was lost. */
export interface Link extends Disposable {
  /** Something new begins: what was lost before is none of its business. */
  renew(): void;
  session(): Promise<Session>;
  /** Does something over a connection; again, from the start, over another one where the first is lost meanwhile. */
  readonly run: <T>(work: (session: Session) => Promise<T>) => Promise<T>;
  /** Resolves when there is another connection. Throws what is no loss, and a loss that is not to be made good. */
  recover(error: unknown): Promise<void>;
  /** Something has got through: attempts count anew. */
  progress(): void;
  /** Bytes of this connection and of those that were lost. */
  traffic(): Traffic;
}

/** Milliseconds before the first attempt; each further one waits twice as long. */
const firstWait = 500;
const longestWait = 30_000;

export function newLink(host: SftpHost): Link {
  const { retries = 0, sleep = usualSleep, onNotice = () => {} } = host;
  let opening: Promise<Session> | undefined;
  let open: Session | undefined;
  let before: Traffic = { sent: 0, received: 0 };
  let isClosed = false;
  /** There has been a connection: where there is none any more, it was lost, whoever is the first to find out. */
  let hasStood = false;
  let attempts = 0;
  let recovering: Promise<void> | undefined;
  /** Losses of this link's own connections, and those that have been made good: all that was under way fails with one. */
  const losses = new WeakSet<SyncError>();
  const recovered = new WeakSet<SyncError>();

  const traffic = (): Traffic => {
    const now = open?.client.connection.traffic ?? { sent: 0, received: 0 };
    return { sent: before.sent + now.sent, received: before.received + now.received };
  };
  /** The loss of the connection that there was, if it has not been made good. */
  const lossOf = (): SyncError | undefined => {
    const failure = open?.client.connection.failure;
    if (failure !== undefined) losses.add(failure);
    return failure;
  };
  const begin = async (): Promise<Session> => {
    try {
      open = await openSession(host);
      hasStood = true;
      if (isClosed) open[Symbol.dispose]();
      return open;
    } catch (error) {
      opening = undefined;
      if (error instanceof SyncError) losses.add(error);
      throw error;
    }
  };
  const reopen = (): Promise<Session> => {
    if (isClosed) throw new SyncError("ENDPOINT_LOST", `${host.name}: the connection was closed`);
    if (lossOf() !== undefined) {
      before = traffic();
      open = undefined;
      opening = undefined;
    }
    opening ??= begin();
    return opening;
  };
  const tryAgain = async (loss: SyncError): Promise<void> => {
    for (let why = loss; ;) {
      if (isClosed || attempts >= retries) throw notMadeAgain(why);
      const wait = Math.min(firstWait * 2 ** attempts, longestWait);
      attempts++;
      onNotice(`${why.message}; trying again (${attempts} of ${retries})`);
      await sleep(wait);
      try {
        await reopen();
        recovered.add(loss);
        return;
      } catch (error) {
        if (!isLoss(error) && !isUnreachable(error)) throw error;
        why = error;
      }
    }
  };
  const recoverOnce = async (loss: SyncError): Promise<void> => {
    try {
      await tryAgain(loss);
    } finally {
      recovering = undefined;
    }
  };
  const recover = async (error: unknown): Promise<void> => {
    const loss = lossOf();
    // What another host's connection was lost with is not for this link to make good.
    if (!isLoss(error) && !(hasStood && isUnreachable(error))) throw error;
    if (error !== loss && !losses.has(error)) throw error;
    if (recovered.has(error)) return;
    recovering ??= recoverOnce(error);
    await recovering;
  };
  const session = async (): Promise<Session> => {
    const loss = lossOf();
    if (recovering !== undefined) await recovering;
    else if (loss !== undefined) await recover(loss);
    return reopen();
  };
  const progress = (): void => {
    attempts = 0;
  };
  return {
    renew() {
      const loss = lossOf();
      if (loss !== undefined) recovered.add(loss);
      progress();
    },
    session,
    recover,
    progress,
    async run(work) {
      for (;;) {
        try {
          const result = await work(await session());
          progress();
          return result;
        } catch (error) {
          await recover(error);
        }
      }
    },
    traffic,
    [Symbol.dispose]() {
      isClosed = true;
      open?.[Symbol.dispose]();
    },
  };
}

function isLoss(error: unknown): error is SyncError {
  return error instanceof SyncError && error.code === "ENDPOINT_LOST";
}

function isUnreachable(error: unknown): error is SyncError {
  return error instanceof SyncError && error.code === "ENDPOINT_UNREACHABLE";
}

async function usualSleep(ms: number): Promise<void> {
  await new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
