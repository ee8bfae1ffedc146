import { expect, test } from "vitest";

import { bytes, rowsOf } from "../../../test/contract/endpoint-place.ts";
import type { Answers } from "../../../test/support/fake-sftp-server.ts";
import {
  directoryMode,
  names,
  packet,
  serveFake,
  status,
  text,
  u32,
} from "../../../test/support/fake-sftp-server.ts";
import { transportPair } from "../../../test/support/transport-pair.ts";
import type { Endpoint } from "../endpoint.ts";
import { packets, statuses } from "./protocol.ts";
import { openSftp } from "./sftp-endpoint.ts";

const statvfs = "statvfs@openssh.com";

/** A root with two directories, of which one is another file system. */
function mounted(announces: boolean): Answers {
  const listed = new Map<string, number>();
  return {
    [packets.init]: () => [
      Buffer.concat([
        Buffer.of(packets.version),
        u32(3),
        ...(announces ? [text(statvfs), text("2")] : []),
      ]),
    ],
    [packets.opendir]: (id, subject) => {
      listed.set(subject, 0);
      return [packet(packets.handle, id, text(subject))];
    },
    [packets.readdir]: (id, handle) => {
      const before = listed.get(handle)!;
      listed.set(handle, before + 1);
      if (before > 0) return [status(id, statuses.endOfFile)];
      if (handle !== "/home/d") return [names(id, [{ name: "inside" }])];
      return [
        names(
          id,
          ["here", "mounted"].map((name) => ({ name, mode: directoryMode })),
        ),
      ];
    },
    [packets.extended]: (id, _name, rest) => {
      const path = rest.toString("latin1", 4);
      const numbers = Array.from({ length: 8 }, () => [u32(0), u32(1)]).flat();
      const which = [u32(0), u32(path.endsWith("/mounted") ? 2 : 1)];
      return [packet(packets.extendedReply, id, ...numbers, ...which, ...numbers.slice(0, 4))];
    },
  };
}

function openFake(answers: Answers): Endpoint & AsyncDisposable {
  const line = transportPair();
  void serveFake(line.server, answers).catch(() => {});
  const host = { name: "host", machine: "host", connect: async () => line.client };
  return openSftp("sftp://host/d", bytes("d"), host);
}

test("a scan that is to stay in one file system does not enter another one", async () => {
  await using endpoint = openFake(mounted(true));
  const found = async (oneFileSystem: boolean): Promise<unknown> => {
    const rows = await rowsOf(endpoint, { oneFileSystem });
    return rows.map(([at, finding]) => [at, finding.kind === "directory" && finding.closed]);
  };
  const here = [
    ["", false],
    ["here", false],
    ["here/inside", false],
  ];
  expect(await found(true)).toEqual([...here, ["mounted", true]]);
  expect(await found(false)).toEqual([...here, ["mounted", false], ["mounted/inside", false]]);
});

test("a scan does not pretend to stay in one file system where the server cannot tell", async () => {
  await using endpoint = openFake(mounted(false));
  await expect(rowsOf(endpoint, { oneFileSystem: true })).rejects.toMatchObject({
    code: "UNSUPPORTED",
  });
});
