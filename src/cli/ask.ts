import { createInterface } from "node:readline";

/**
 * Asks a question on a terminal and returns the answer as typed, or `undefined` where there will be none: the input ended,
 * or the signal aborted. The terminal stays in its usual mode, so that Ctrl-C remains a signal.
 */
export function ask(
  question: string,
  input: NodeJS.ReadableStream,
  write: (text: string) => void,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (signal.aborted) return Promise.resolve(undefined);
  const lines = createInterface({ input, terminal: false });
  return new Promise((resolve) => {
    const abort = () => lines.close();
    signal.addEventListener("abort", abort, { once: true });
    let answer: string | undefined;
    lines.once("line", (line) => {
      answer = line;
      lines.close();
    });
    lines.once("close", () => {
      signal.removeEventListener("abort", abort);
      // Without an answer the question is still on its line.
      if (answer === undefined) write("\n");
      resolve(answer);
    });
    write(question);
  });
}
