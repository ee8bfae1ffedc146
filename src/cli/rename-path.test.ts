import { expect, test } from "vitest";

import { relPath } from "../../test/support/recorded-events.ts";
import { renamePath } from "./rename-path.ts";

test.each([
  { from: "a", to: "b", shown: "{a → b}" },
  { from: "2024/Roma", to: "2024/Rome", shown: "2024/{Roma → Rome}" },
  { from: "2024/Roma/1.jpg", to: "2024/Rome/1.jpg", shown: "2024/{Roma → Rome}/1.jpg" },
  { from: "x/a/b", to: "y/z/a/b", shown: "{x → y/z}/a/b" },
  { from: "a", to: "d/a", shown: "{ → d}/a" },
  { from: "d/a/a", to: "d/a", shown: "d/a/{a → }" },
  { from: "a/b", to: "b/a", shown: "{a/b → b/a}" },
  { from: "d/new\nline", to: "d/\u001b", shown: "d/{new\\nline → \\x1b}" },
])("$from to $to is $shown", ({ from, to, shown }) => {
  expect(renamePath(relPath(from), relPath(to), "→")).toBe(shown);
});
