/** Says when nothing has happened for too long. */
export interface Deadline {
  /** Begins to wait, anew. */
  restart(): void;
  /** Waits no more, until told to begin anew. */
  pause(): void;
  /** Waits no more, whatever it is told. */
  end(): void;
}

export function newDeadline(ms: number, expire: () => void): Deadline {
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  return {
    restart() {
      clearTimeout(timer);
      if (!isOver) timer = setTimeout(expire, ms);
    },
    pause() {
      clearTimeout(timer);
    },
    end() {
      isOver = true;
      clearTimeout(timer);
    },
  };
}
