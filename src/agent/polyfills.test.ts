import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

import { nodeOfVersion } from "../../test/support/nodes.ts";

const repository = path.resolve(import.meta.dirname, "../..");

/** What the agent calls of Node's own modules and this Node does not have. */
const missingNames = `
const text = require("node:fs").readFileSync(process.argv[1], "utf8");
const missing = new Set();
for (const [, variable, name] of text.matchAll(/let (node_\\w+) = (?:new Proxy.*)?require\\("(node:[\\w/]+)"\\)/g)) {
  const known = require(name);
  const uses = new RegExp("\\\\b" + variable + "\\\\.(?:default\\\\.)?(\\\\w+)", "g");
  for (const [, use] of text.matchAll(uses)) {
    if (use !== "default" && !(use in known)) missing.add(name + " " + use);
  }
}
console.log([...missing].sort().join("\\n"));
`;

test("the oldest Node that will do lacks nothing that is not made up for where it is used", () => {
  const bundle = path.join(repository, "dist/agent.cjs");
  const node = nodeOfVersion("18.0.0");
  const missing = execFileSync(node, ["-e", missingNames, bundle], { encoding: "utf8" });
  expect(missing.trim().split("\n")).toEqual([
    "node:fs globSync",
    "node:fs statfsSync",
    "node:module enableCompileCache",
    "node:module getCompileCacheDir",
    "node:os availableParallelism",
  ]);
});

test("what the language has got since is filled in, or not used", () => {
  const bundle = readFileSync(path.join(repository, "dist/agent.cjs"), "utf8");
  const late =
    /\.(?:fromAsync|isSubsetOf|isSupersetOf|isDisjointFrom|symmetricDifference|isWellFormed|toWellFormed|waitAsync|toHex|setFromHex|toBase64|fromBase64|fromHex|transferToFixedLength)\b|\b(?:Promise\.try|Iterator\.from|RegExp\.escape|Error\.isError|Float16Array|DisposableStack|AsyncDisposableStack)\b/g;
  const used = [...bundle.matchAll(late)].map(([use]) => use);
  expect(used).toEqual([]);
});

// The polyfills under the oldest Node, against what today's Node says of the same.
const probe = `
const out = {};
out.sorted = [3, 1, 2].toSorted((a, b) => b - a);
out.bytes = [...new Uint8Array([3, 1, 2]).toSorted()];
out.reversed = [[1, 2].toReversed(), [...new Uint8Array([1, 2]).toReversed()]];
out.spliced = [1, 2, 3].toSpliced(1, 1, 8, 9);
out.with = [[1, 2].with(-1, 7), [...new Uint8Array([1, 2]).with(0, 7)]];
try { [1].with(1, 0); } catch (error) { out.range = error.constructor.name; }
out.map = [...Map.groupBy([1, 2, 3], (n, i) => (n + i) % 3)];
out.object = Object.entries(Object.groupBy("abca", (c) => c));
out.builtin = process.getBuiltinModule("node:path").basename("/a/b");
out.dispose = [typeof Symbol.dispose, typeof Symbol.asyncDispose];
out.cores = require("node:os").availableParallelism() > 0;
const one = new AbortController();
const any = AbortSignal.any([one.signal, new AbortController().signal]);
out.before = any.aborted;
one.abort("why");
out.after = [any.aborted, any.reason, AbortSignal.any([one.signal]).reason, AbortSignal.any([]).aborted];
const { promise, resolve } = Promise.withResolvers();
resolve(5);
promise.then((value) => console.log(JSON.stringify({ ...out, value })));
`;

test("what is filled in does what Node does", () => {
  const run = (node: string, code: string): unknown =>
    JSON.parse(execFileSync(node, ["-e", code], { encoding: "utf8" }));
  // The agent's file fills in when it is loaded.
  const load = `require(${JSON.stringify(path.join(repository, "dist/agent.cjs"))});`;
  const wanted = run(nodeOfVersion("24"), probe);
  expect(run(nodeOfVersion("18.0.0"), load + probe)).toEqual(wanted);
  expect(run(nodeOfVersion("20"), load + probe)).toEqual(wanted);
});
