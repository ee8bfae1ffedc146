import { expect, test } from "vitest";

import type { ByteString } from "../base/byte-string.ts";
import type { SyncErrorCode } from "../base/errors.ts";
import { SyncError } from "../base/errors.ts";
import type { RemoteLocation } from "../core/location.ts";
import type { Endpoint } from "../endpoint/endpoint.ts";
import { openMemory } from "../endpoint/memory/memory-endpoint.ts";
import { newWorld } from "../endpoint/memory/memory-world.ts";
import { directHost } from "./direct-host.ts";
import type { RemoteHost } from "./open-remote.ts";

function at(host: string, type: RemoteLocation["type"] = "ssh"): RemoteLocation {
  const address = { host, user: undefined, port: undefined };
  return { type, typed: `${host}:d`, address, path: "d" as ByteString };
}

/** Opens what it is asked for, or fails with the next of these codes. */
function hostThat(name: string, asked: string[], codes: SyncErrorCode[] = []): RemoteHost {
  return {
    async open({ typed }, path): Promise<Endpoint> {
      asked.push(`${name} ${typed} ${path}`);
      const code = codes.shift();
      if (code !== undefined) throw new SyncError(code, `${typed}: trouble`);
      return openMemory(newWorld({}), "/");
    },
    async [Symbol.asyncDispose]() {
      asked.push(`-${name}`);
    },
  };
}

interface Scene {
  readonly asked: string[];
  readonly notices: string[];
  readonly open: (to: RemoteLocation) => Promise<RemoteHost>;
}

function newScene(from: RemoteLocation, codes: SyncErrorCode[] | undefined): Scene {
  const asked: string[] = [];
  const notices: string[] = [];
  const beyond = codes && (() => hostThat("beyond", asked, codes));
  const near = { ...hostThat("near", asked), ...(beyond && { beyond }) };
  const connect = async (): Promise<RemoteHost> => hostThat("here", asked);
  const onNotice = (message: string): void => void notices.push(message);
  return { asked, notices, open: (to) => directHost({ from, near, connect, onNotice }, to) };
}

test("a place is opened from the first host, and what fails of the place itself is no reason for another way", async () => {
  const { asked, notices, open } = newScene(at("one"), ["ROOT_UNREADABLE"]);
  const host = await open(at("two"));
  await expect(host.open(at("two"), "a" as ByteString)).rejects.toMatchObject({
    code: "ROOT_UNREADABLE",
  });
  await host.open(at("two"), "b" as ByteString);
  await host[Symbol.asyncDispose]();
  expect([asked, notices]).toEqual([["beyond two:d a", "beyond two:d b"], []]);
});

test("where that fails it is said once, and all further places are opened from here", async () => {
  const { asked, notices, open } = newScene(at("one"), ["ENDPOINT_AUTH"]);
  const host = await open(at("two"));
  for (const path of ["a", "b"]) await host.open(at("two"), path as ByteString);
  await host[Symbol.asyncDispose]();
  expect(asked).toEqual(["beyond two:d a", "here two:d a", "here two:d b", "-here"]);
  expect(notices).toEqual([
    "one does not send to two by itself: two:d: trouble; what is sent goes through here",
  ]);
});

test.each<[string, RemoteLocation, RemoteLocation, SyncErrorCode[] | undefined]>([
  ["no agent runs there", at("one"), at("two"), undefined],
  ["one:d is for SFTP", at("one", "sftp"), at("two"), []],
  ["two:d is for SFTP", at("one"), at("two", "sftp"), []],
  ["that is a name of every host's own", at("one"), at("localhost"), []],
])("it is not tried where %s", async (why, from, to, codes) => {
  const { asked, notices, open } = newScene(from, codes);
  await (await open(to)).open(to, to.path);
  expect(asked).toEqual([`here ${to.typed} d`]);
  expect(notices.map((notice) => notice.split(": ")[1])).toEqual([
    `${why}; what is sent goes through here`,
  ]);
});
