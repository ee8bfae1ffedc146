import { expect, test } from "vitest";

import { isHostAddress, isOwnName } from "./host-address.ts";

test.each([
  ["localhost", true],
  ["LocalHost.", true],
  ["nas.localhost", true],
  ["127.0.0.1", true],
  ["127.1", true],
  ["0.0.0.0", true],
  ["0", true],
  ["::1", true],
  ["::", true],
  ["::ffff:127.0.0.1", true],
  ["localhost.example.org", false],
  ["127.example.org", false],
  ["10.127.0.1", false],
  ["mylocalhost", false],
  ["::1:2", false],
  ["nas", false],
])("%s is a name of every host's own: %s", (host, isOwn) => {
  expect(isOwnName(host)).toBe(isOwn);
});

test.each([
  [{ host: "nas", user: undefined, port: undefined }, true],
  [{ host: "fe80::1%eth0", user: "me@realm", port: 65_535 }, true],
  [{ host: "-nas", user: undefined, port: undefined }, false],
  [{ host: "n as", user: undefined, port: undefined }, false],
  [{ host: "nas", user: "-me", port: undefined }, false],
  [{ host: "nas", user: "", port: undefined }, false],
  [{ host: "nas", user: undefined, port: 0 }, false],
  [{ host: "nas", user: undefined, port: 1.5 }, false],
])("%j may be handed to ssh: %s", (address, may) => {
  expect(isHostAddress(address)).toBe(may);
});
