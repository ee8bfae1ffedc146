import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

/**
 * Waits for the word `quit` on a line of standard input. The end of the input is no such word: a run that was started with
 * its input closed goes on.
 */
export function watchForQuit(stdin: NodeJS.ReadStream, quit: () => void): Disposable {
  const lines = createInterface({ input: stdin, terminal: false });
  lines.on("line", (line) => {
    if (line.trim() === "quit") quit();
  });
  // A read that fails (a terminal that has gone) ends the watching, not the process.
  stdin.on("error", () => lines.close());
  // A process in the background is stopped by the kernel when it reads from its terminal, so it must not try.
  const adapt = () => (isBackground(stdin) ? stdin.pause() : stdin.resume());
  process.on("SIGCONT", adapt);
  adapt();
  return {
    [Symbol.dispose]: () => {
      process.off("SIGCONT", adapt);
      lines.close();
    },
  };
}

/** Whether the input is a terminal whose foreground belongs to somebody else (proc(5): stat, pgrp and tpgid). */
function isBackground(stdin: NodeJS.ReadStream): boolean {
  if (!stdin.isTTY) return false;
  try {
    const stat = readFileSync("/proc/self/stat", "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[2] !== fields[5];
  } catch {
    // Without /proc there is no telling; most runs are in the foreground.
    return false;
  }
}
