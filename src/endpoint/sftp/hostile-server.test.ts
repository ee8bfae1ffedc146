import { describe, expect, test } from "vitest";

import { bytes, never, path, rowsOf } from "../../../test/contract/endpoint-place.ts";
import type { Answers, Named } from "../../../test/support/fake-sftp-server.ts";
import {
  attributes,
  directoryMode,
  fileMode,
  listing,
  names,
  packet,
  serveFake,
  status,
  text,
  u32,
} from "../../../test/support/fake-sftp-server.ts";
import type { TransportPair } from "../../../test/support/transport-pair.ts";
import { transportPair } from "../../../test/support/transport-pair.ts";
import { byteString } from "../../base/byte-string.ts";
import { SyncError } from "../../base/errors.ts";
import type { Endpoint } from "../endpoint.ts";
import { EntryProblem } from "../endpoint.ts";
import { packets, statuses } from "./protocol.ts";
import { openSftp } from "./sftp-endpoint.ts";

interface Stage extends AsyncDisposable {
  readonly endpoint: Endpoint;
  readonly line: TransportPair;
}

/** A place on a server that says what it likes. Pieces arrive in any size. */
function stageOf(answers: Answers, seed: number = 1): Stage {
  const line = transportPair({ maxPiece: 40, seed });
  void serveFake(line.server, answers).catch(() => {});
  const connect = async () => line.client;
  const host = { name: "host", machine: "host", connect, silence: 300 };
  const endpoint = openSftp("sftp://host/d", bytes("d"), host);
  return { endpoint, line, [Symbol.asyncDispose]: () => endpoint[Symbol.asyncDispose]() };
}

/** What a scan finds, or the code and the message of what ends it. */
async function scanned({ endpoint }: Stage): Promise<unknown> {
  try {
    const rows = await rowsOf(endpoint);
    return rows.map(([at, finding]) =>
      finding.kind === "problem" ? `${at} problem ${finding.code}` : `${at} ${finding.kind}`.trim(),
    );
  } catch (error) {
    if (error instanceof SyncError) return `${error.code}: ${error.message}`;
    throw error;
  }
}

const must = "host: the SFTP server says what it must not";

describe("a server that lists what is no name", () => {
  test.each(["a/b", "/etc", "a\0b", "../up", ""])(
    "is not talked to any more (%j)",
    async (name) => {
      await using stage = stageOf(listing([{ name: "a" }, { name }]));
      const said = `ENDPOINT_PROTOCOL: ${must}: a directory lists what is no name`;
      expect(await scanned(stage)).toBe(said);
    },
  );

  test("is believed where it lists names", async () => {
    const odd = ["-rf", "..a", "a\nb", "\u00ff", "..."].map((name) => ({ name }));
    await using stage = stageOf(listing([{ name: "." }, { name: ".." }], odd));
    expect(await scanned(stage)).toEqual([
      "directory",
      "-rf file",
      "... file",
      "..a file",
      "a\nb file",
      "\u00ff file",
    ]);
  });

  test("gives each name once, however often it says it", async () => {
    await using stage = stageOf(listing([{ name: "b" }, { name: "a" }], [{ name: "b" }]));
    expect(await scanned(stage)).toEqual(["directory", "a file", "b file"]);
  });
});

describe("a listing that breaks", () => {
  const page: readonly Named[] = [{ name: "a" }, { name: "b" }];

  test("at the root ends the scan", async () => {
    let asked = 0;
    await using stage = stageOf({
      ...listing(),
      [packets.readdir]: (id) => [asked++ === 0 ? names(id, page) : status(id, statuses.failure)],
    });
    expect(await scanned(stage)).toMatch(/^ROOT_UNREADABLE: /);
  });

  test("below it is a problem in the directory's place, and no row of what it has listed", async () => {
    const isBelow = new Set<string>();
    let handles = 0;
    const left = new Map<string, number>();
    await using stage = stageOf({
      [packets.opendir]: (id, subject) => {
        const handle = `h${handles++}`;
        if (subject.endsWith("/sub")) isBelow.add(handle);
        return [packet(packets.handle, id, text(handle))];
      },
      [packets.readdir]: (id, handle) => {
        const before = left.get(handle) ?? 0;
        left.set(handle, before + 1);
        if (isBelow.has(handle))
          return [before === 0 ? names(id, page) : status(id, statuses.failure)];
        const top = [{ name: "sub", mode: directoryMode }, { name: "z" }];
        return [before === 0 ? names(id, top) : status(id, statuses.endOfFile)];
      },
    });
    expect(await scanned(stage)).toEqual(["directory", "sub problem io", "z file"]);
  });
});

const liars: Readonly<Record<string, readonly [answers: Answers, said: RegExp]>> = {
  "a packet that is too long": [
    { [packets.readdir]: () => [Buffer.alloc(1_048_577)] },
    /a packet is over the limit/,
  ],
  "a packet that is empty": [{ [packets.readdir]: () => [Buffer.alloc(0)] }, /a packet is empty/],
  "an answer to nothing": [
    { [packets.readdir]: (id) => [status(id + 1000, statuses.endOfFile)] },
    /an answer to nothing that was asked/,
  ],
  "two answers to one request": [
    { [packets.opendir]: (id) => [1, 2].map(() => packet(packets.handle, id, text("h"))) },
    /an answer to nothing that was asked/,
  ],
  "an answer of the wrong kind": [
    { [packets.opendir]: (id) => [packet(packets.attributes, id, attributes(fileMode))] },
    /an answer of the wrong kind/,
  ],
  "success without a handle": [
    { [packets.opendir]: (id) => [status(id, statuses.ok)] },
    /an answer without what was asked for/,
  ],
  "a handle without end": [
    { [packets.opendir]: (id) => [packet(packets.handle, id, text("h".repeat(257)))] },
    /a length is over the limit of 256 bytes/,
  ],
  "more names than it lists": [
    { [packets.readdir]: (id) => [packet(packets.name, id, u32(0xffff_ffff))] },
    /a packet is shorter than what it says/,
  ],
  "a name that is longer than its packet": [
    { [packets.readdir]: (id) => [packet(packets.name, id, u32(1), u32(60_000))] },
    /a packet is shorter than what it says/,
  ],
  "a size that is no exact number": [
    listing([{ name: "a", size: 2 ** 53 }]),
    /a number is larger than 2\^53/,
  ],
  "fields that nobody knows": [
    { [packets.stat]: (id) => [packet(packets.attributes, id, u32(0x10))] },
    /attributes have fields that nobody knows/,
  ],
  "attributes without number": [
    { [packets.stat]: (id) => [packet(packets.attributes, id, u32(0x8000_0000), u32(1 << 30))] },
    /a count is over the limit/,
  ],
};

describe("a server that says what it must not", () => {
  test.each(Object.keys(liars))("is left: %s", async (what) => {
    const [answers, said] = liars[what]!;
    await using stage = stageOf(answers);
    const result = await scanned(stage);
    expect(result).toMatch(said);
    expect(result).toMatch(/^ENDPOINT_PROTOCOL: host: the SFTP server says what it must not: /);
  });

  test.each([
    ["another version", Buffer.concat([Buffer.of(packets.version), u32(2)])],
    ["no version", status(1, statuses.ok)],
    ["words", Buffer.from("Welcome to this host!")],
  ])("is no SFTP server where it begins with %s", async (_what, greeting) => {
    await using stage = stageOf({ [packets.init]: () => [greeting] });
    expect(await scanned(stage)).toMatch(
      /^ENDPOINT_PROTOCOL: host: what answers is no SFTP server/,
    );
  });

  test("is no SFTP server where a login script speaks first", async () => {
    const line = transportPair();
    void line.server.write(Buffer.from("Welcome to this host!\n"));
    const host = { name: "host", machine: "host", connect: async () => line.client };
    const endpoint = openSftp("sftp://host/d", bytes("d"), host);
    await expect(endpoint.root()).rejects.toMatchObject({
      code: "ENDPOINT_PROTOCOL",
      hint: expect.stringContaining("login script"),
    });
  });
});

describe("a server that says nothing", () => {
  test.each(["init", "realpath", "stat", "opendir", "readdir"] as const)(
    "counts as lost (%s)",
    async (request) => {
      await using stage = stageOf({ [packets[request]]: () => [] });
      expect(await scanned(stage)).toMatch(/^ENDPOINT_LOST: host: .* has said nothing for/);
    },
  );

  test.each(["end", "error", "silence"] as const)(
    "counts as lost where the line is cut: %s",
    async (how) => {
      await using stage = stageOf({});
      await stage.endpoint.root();
      const { line } = stage;
      stage.line.cut(how);
      expect(await scanned({ ...stage, line })).toMatch(/^ENDPOINT_LOST: host: /);
    },
  );

  test("is nothing to worry about where nothing is asked", async () => {
    await using stage = stageOf(listing([{ name: "a" }]));
    await stage.endpoint.root();
    await new Promise((resolve) => {
      setTimeout(resolve, 700);
    });
    expect(await scanned(stage)).toEqual(["directory", "a file"]);
  });
});

describe("content that is not what it was said to be", () => {
  const content = "0123456789";
  const file = (given: string, after: number = content.length): Answers => ({
    ...listing([{ name: "f", size: content.length }]),
    [packets.lstat]: (id, subject) => {
      const isFile = subject.endsWith("/f");
      const what = isFile ? attributes(fileMode, content.length) : attributes(directoryMode);
      return [packet(packets.attributes, id, what)];
    },
    [packets.open]: (id) => [packet(packets.handle, id, text("file"))],
    [packets.fstat]: (id) => [packet(packets.attributes, id, attributes(fileMode, after))],
    [packets.read]: (id) => [
      given === "" ? status(id, statuses.endOfFile) : packet(packets.data, id, text(given)),
    ],
  });

  async function read({ endpoint }: Stage): Promise<string> {
    const rows = new Map(await rowsOf(endpoint));
    const entry = rows.get(path("f"));
    if (entry?.kind !== "file") throw new Error("no file was listed");
    let out = "";
    try {
      for await (const piece of endpoint.read(path("f"), entry, { followLinks: false }, never))
        out += byteString(piece);
    } catch (error) {
      if (error instanceof EntryProblem) return `${error.side}: ${error.code}`;
      if (error instanceof SyncError) return `${error.code}: ${error.message}`;
      throw error;
    }
    return out;
  }

  test.each([
    ["all of it", file(content), content],
    ["less than it says", file("01234", 5), "source: changed"],
    ["nothing", file(""), "source: changed"],
    ["what is another size afterwards", file(content, 11), "source: changed"],
    [
      "more than was asked for",
      file(`${content}more`),
      `ENDPOINT_PROTOCOL: ${must}: a length is over the limit of 10 bytes`,
    ],
  ])("is %s", async (_what, answers, said) => {
    await using stage = stageOf(answers);
    expect(await read(stage)).toBe(said);
  });
});

test("whatever is changed on its way, a scan ends", async () => {
  const children = ["a", "b", "c"].map((name) => ({ name }));
  for (let seed = 1; seed <= 60; seed++) {
    await using stage = stageOf(listing(children), seed);
    stage.line.flip("client", seed * 7, 1 << (seed % 8));
    const result = await scanned(stage);
    if (typeof result === "string") expect(result).toMatch(/^(ENDPOINT|ROOT)_[A-Z_]+: /);
    else expect(result).toEqual(expect.arrayContaining(["directory"]));
  }
});
