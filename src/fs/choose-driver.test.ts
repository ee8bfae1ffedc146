import { expect, test, vi } from "vitest";

import { chooseDriver } from "./choose-driver.ts";

const canLibc = process.platform === "linux" && ["x64", "arm64"].includes(process.arch);

test("libc is chosen where it runs, and the portable driver elsewhere", async () => {
  expect((await chooseDriver()).name).toBe(canLibc ? "libc" : "portable");
});

test("a driver can be forced", async () => {
  expect((await chooseDriver("portable")).name).toBe("portable");
  if (canLibc) expect((await chooseDriver("libc")).name).toBe("libc");
});

test("where libc cannot be loaded, choosing falls back and forcing is an error with a hint", async () => {
  const { platform } = process;
  Object.defineProperty(process, "platform", { value: "sunos" });
  // A driver made before would still be there, whatever the platform now says.
  vi.resetModules();
  try {
    const { chooseDriver } = await import("./choose-driver.ts");
    expect((await chooseDriver()).name).toBe("portable");
    await expect(chooseDriver("libc")).rejects.toMatchObject({
      name: "SyncError",
      code: "UNSUPPORTED",
      hint: expect.any(String),
    });
  } finally {
    Object.defineProperty(process, "platform", { value: platform });
    vi.resetModules();
  }
});
