/** An agent that sends other content than it was asked for: nothing of it gets a name, and nothing of it stays. */
import { chmodSync, statSync } from "node:fs";
import { describe, expect, test } from "vitest";

import type { ByteString } from "../../src/base/byte-string.ts";
import type { Endpoint } from "../../src/endpoint/endpoint.ts";
import { openLocal } from "../../src/endpoint/local/local-endpoint.ts";
import { openSftp } from "../../src/endpoint/sftp/sftp-endpoint.ts";
import { file } from "../model/findings.ts";
import type { Answers } from "../support/hostile-agent.ts";
import { openHostileAgent } from "../support/hostile-agent.ts";
import { startSftpServer } from "../support/sftp-server.ts";
import { both, grown, nonsense, one, otherwise, reading, two } from "./bad-content.ts";
import { data, digestOf, pack, whole } from "./packs.ts";
import type { Scene } from "./scene.ts";
import { contentOf, expectPulled, hostOfFile, mirrorBetween, newScene } from "./scene.ts";

const host = await hostOfFile();

/** Where the content shall go. */
const targets: readonly (readonly [name: string, open: (scene: Scene) => Endpoint])[] = [
  ["here", ({ here }) => openLocal(here, host)],
  [
    "by SFTP",
    ({ here }) =>
      openSftp(`sftp://host${here}`, here as ByteString, {
        name: "host",
        machine: "host",
        connect: async () => startSftpServer(here),
      }),
  ],
];

describe.each(targets)("%s", (_where, open) => {
  async function pull(scene: Scene, read: Answers["read"]): Promise<string[]> {
    await using agent = openHostileAgent(host, { read });
    await using target = open(scene);
    return await mirrorBetween(agent.open(scene.far), target);
  }

  test("content as it should be is put in place", async () => {
    using scene = newScene();
    expect(await pull(scene, reading(both))).toEqual(["done"]);
    expectPulled(scene);
  });

  test("content that is told of in all ways there are is put in place", async () => {
    using scene = newScene();
    const inPieces = pack((writer) => {
      writer.begins(0, undefined);
      data(writer, two);
      writer.restart(undefined);
      data(writer, one.subarray(0, 3));
      data(writer, one.subarray(3));
      writer.ends(one.length, digestOf(one));
      whole(writer, 1, two);
    });
    expect(await pull(scene, reading(inPieces))).toEqual(["done"]);
    expectPulled(scene);
  });

  test("content that has become a little more is put in place", async () => {
    using scene = newScene();
    const sent = pack((writer) => (grown(writer, 1 << 20), whole(writer, 1, two)));
    expect(await pull(scene, reading(sent))).toEqual(["done"]);
    expect(statSync(`${scene.here}/one`).size).toBe((1 << 20) + one.length);
  });

  describe("an agent that sends", () => {
    test.each(nonsense)("%s is not believed", async (_name, answer) => {
      using scene = newScene();
      expect(await pull(scene, answer)).toEqual(["unreachable", "ENDPOINT_PROTOCOL"]);
      // What came before, and was as it should be, may be in its place.
      const sound = ["d", "old: this is old", "one: content of one", "two: content of two"];
      expect(contentOf(scene.here).filter((name) => !sound.includes(name))).toEqual([]);
    });

    test.each(otherwise)("%s has a file that is not there", async (_name, fill) => {
      using scene = newScene();
      const sent = pack((writer) => {
        fill(writer);
        whole(writer, 1, two);
      });
      const [status, problem] = await pull(scene, reading(sent));
      expect(status).toBe("problems");
      expect(problem).toMatch(/^one source (changed|io)$/);
      expect(contentOf(scene.here)).toEqual(["d", "two: content of two"]);
    });
  });

  test.each([
    ["brings no power along that it did not have", 0o644, 0o6755, 0o755],
    ["brings what it had", 0o4644, 0o4755, 0o4755],
  ])("a file that has become another one %s", async (_name, planned, now, wanted) => {
    using scene = newScene();
    chmodSync(`${scene.far}/one`, planned);
    const owner = { uid: process.geteuid!(), gid: process.getegid!() };
    const became = pack((writer) => {
      writer.begins(0, file({ size: one.length, mode: now, ...owner }));
      data(writer, one);
      writer.ends(one.length, digestOf(one));
      whole(writer, 1, two);
    });
    expect(await pull(scene, reading(became))).toEqual(["done"]);
    expect(statSync(`${scene.here}/one`).mode & 0o7777).toBe(wanted);
  });
});
