import { expect, test } from "vitest";

import { asksForPassword, parseRecipient } from "./prompt.ts";

const direct = parseRecipient("user me\nhostname host.example\nport 22\nhostkeyalias alias\n");
const behind = parseRecipient(
  "user me\nhostname Host.example\nproxyjump jump.example\nhostkeyalias alias\n",
);

test("who is logged in to is what ssh says", () => {
  expect(direct).toEqual({ user: "me", hosts: ["host.example", "alias"], isDirect: true });
  expect(behind.isDirect).toBe(false);
  expect(parseRecipient("proxycommand nc a b\n").isDirect).toBe(false);
});

test.each([
  "me@host.example's password: ",
  "me@alias's password: ",
  "(me@host.example) Password: ",
  "(me@host.example) Password for me@corp: ",
  "Enter passphrase for key '/home/me/.ssh/id_ed25519': ",
])("%j is answered", (prompt) => {
  expect(asksForPassword(prompt, direct)).toBe(true);
  expect(asksForPassword(prompt, behind)).toBe(true);
});

test.each(["Password: ", "Password for me: "])(
  "%j is answered where nobody else asks",
  (prompt) => {
    expect(asksForPassword(prompt, direct)).toBe(true);
    expect(asksForPassword(prompt, behind)).toBe(false);
  },
);

test.each([
  "The authenticity of host 'host.example' can't be established.\nAre you sure you want to continue connecting (yes/no/[fingerprint])? ",
  "Please type 'yes', 'no' or the fingerprint: ",
  "me@jump.example's password: ",
  "(me@jump.example) Password: ",
  "other@host.example's password: ",
  "Enter me@host.example's old password: ",
  "Enter me@host.example's new password: ",
  "Retype me@host.example's new password: ",
  "Verification code: ",
  "Enter PIN for ED25519-SK key /x: ",
  "",
])("%j is not answered", (prompt) => {
  expect(asksForPassword(prompt, direct)).toBe(false);
  expect(asksForPassword(prompt, behind)).toBe(false);
});
