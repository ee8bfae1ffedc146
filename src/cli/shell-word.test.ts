import { execFileSync } from "node:child_process";

import { expect, test } from "vitest";

import { shellWord } from "./shell-word.ts";

test.each(["plan", "/a/b-c.ndjson", "a b", "it's", "$HOME", "`id`", "-o", "~", "a;b", '"', "\\"])(
  "%s is one word to a shell",
  (word) => {
    const said = execFileSync("sh", ["-c", `printf %s ${shellWord(word)}`], { encoding: "utf8" });
    expect(said).toBe(word);
  },
);
