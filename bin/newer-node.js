import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Where the npm package `node` puts its program: in this package's own modules, or beside this package. */
const PLACES = ["../node_modules/node/bin/node", "../../node/bin/node"];

/** Runs this command again on a Node that is new enough, if one is installed next to it, or says what is missing. */
export async function runOnNewerNode(oldest) {
  const node = PLACES.map((place) => fileURLToPath(new URL(place, import.meta.url))).find(
    (path) => path !== process.execPath && existsSync(path),
  );
  if (node === undefined) {
    console.error(`syncline needs Node ${oldest} or newer; this is Node ${process.versions.node}.`);
    process.exitCode = 1;
    return;
  }
  const child = spawn(node, process.argv.slice(1), { stdio: "inherit" });
  // A terminal sends Ctrl-C and its own end to both processes; the child decides what they mean.
  for (const signal of ["SIGINT", "SIGHUP"]) process.on(signal, () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  const [code, signal] = await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (...outcome) => resolve(outcome));
  });
  if (signal === null) {
    process.exitCode = code;
  } else {
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  }
}
