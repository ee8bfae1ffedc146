import { describe, expect, test } from "vitest";

import { SyncError } from "../base/errors.ts";
import { stateHome } from "./past-runs.ts";

const noHome = (): string => {
  // What Node throws for a user that the machine does not know.
  throw Object.assign(new Error("uv_os_homedir returned ENOENT"), { code: "ERR_SYSTEM_ERROR" });
};

describe("where state is kept", () => {
  test.each([
    [{ XDG_STATE_HOME: "/x", HOME: "/h" }, "/x/syncline"],
    [{ HOME: "/h" }, "/h/.local/state/syncline"],
    [{}, "/passwd/.local/state/syncline"],
  ])("%j", (variables, dir) => {
    expect(stateHome(variables, () => "/passwd")).toBe(dir);
  });

  test("a user without a home is no bug, and needs none where a place is named", () => {
    expect(() => stateHome({}, noHome)).toThrow(SyncError);
    expect(stateHome({ XDG_STATE_HOME: "/x" }, noHome)).toBe("/x/syncline");
  });
});
