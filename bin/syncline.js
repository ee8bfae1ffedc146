#!/usr/bin/env node
// Starts the bundled command on Node 24 or newer. What it must do on an older Node is in a file of its own, because
// this one is part of every start.
import { lstatSync } from "node:fs";
import module from "node:module";

const OLDEST_NODE = 24;

if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
  const { runOnNewerNode } = await import("./newer-node.js");
  await runOnNewerNode(OLDEST_NODE);
} else {
  useCompileCache();
  await import("../dist/cli.js");
}

/** Keeps compiled code in the user's cache directory; Node's default is a directory that all users share. */
function useCompileCache() {
  const { HOME, NODE_COMPILE_CACHE, XDG_CACHE_HOME } = process.env;
  if (NODE_COMPILE_CACHE) return; // Node has set it up before this file.
  if (!HOME?.startsWith("/")) return;
  // Code from the cache runs as it is, so under sudo it must not come from the home of the user who called.
  if (lstatSync(HOME, { throwIfNoEntry: false })?.uid !== process.geteuid?.()) return;
  const cache = XDG_CACHE_HOME?.startsWith("/") ? XDG_CACHE_HOME : `${HOME}/.cache`;
  module.enableCompileCache(`${cache}/syncline/compiled`);
}
