import { describe, expect, test } from "vitest";
import { SyncError } from "../base/errors.ts";
import { defaultStateDir } from "./state-dir.ts";

describe("the state directory", () => {
  test.each([
    { name: "is in XDG_STATE_HOME", env: { XDG_STATE_HOME: "/s", HOME: "/h" }, dir: "/s/syncline" },
    { name: "else is in HOME", env: { HOME: "/h" }, dir: "/h/.local/state/syncline" },
    {
      name: "does not depend on where one stands",
      env: { XDG_STATE_HOME: "state", HOME: "/h" },
      dir: "/h/.local/state/syncline",
    },
    {
      name: "is not taken from an empty variable",
      env: { XDG_STATE_HOME: "", HOME: "/h" },
      dir: "/h/.local/state/syncline",
    },
  ])("$name", ({ env, dir }) => {
    expect(defaultStateDir(env)).toBe(dir);
  });

  test.each([{}, { HOME: "" }, { HOME: "h" }])("cannot be found with %o", (env) => {
    expect(() => defaultStateDir(env)).toThrow(SyncError);
  });
});
