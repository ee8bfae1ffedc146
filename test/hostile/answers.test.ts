/** An agent that is given something to do, and says of it what cannot be: it is not believed, and gets nothing that it has no business with. */
import { describe, expect, test } from "vitest";

import { openLocal } from "../../src/endpoint/local/local-endpoint.ts";
import type { Endpoint } from "../../src/endpoint/endpoint.ts";
import { mostBasisChunks } from "../../src/core/chunk-list.ts";
import type { Action } from "../../src/core/plan.ts";
import { readActions } from "../../src/wire/actions.ts";
import { readKnownFiles, readServed, writeAnswer } from "../../src/wire/apply-answers.ts";
import { writeOpeningAnswer } from "../../src/wire/place.ts";
import { writeDigests, writeOutcomes } from "../../src/wire/verdicts.ts";
import { readFiles, readExtents } from "../../src/wire/verdicts.ts";
import type { ByteString } from "../../src/base/byte-string.ts";
import { applyAll, inBrief, never, rowsOf } from "../contract/endpoint-place.ts";
import type { Answers, Asked } from "../support/hostile-agent.ts";
import { openHostileAgent } from "../support/hostile-agent.ts";
import type { Scene } from "./scene.ts";
import { contentOf, hostOfFile, newScene } from "./scene.ts";

const host = await hostOfFile();

const outcome = (index: number) => ({
  index,
  done: true,
  bytes: 0,
  shared: 0,
  problem: undefined,
  chunks: undefined,
});

/** As many as a basis may have. */
const manyChunks = {
  sizes: new Uint32Array(mostBasisChunks).fill(1),
  digests: new Uint8Array(mostBasisChunks * 16),
};

const wants =
  (...indices: readonly number[]) =>
  ({ messages }: Asked): Promise<void> =>
    messages.send((out) =>
      writeAnswer(out, {
        type: "wants",
        wants: indices.map((index) => ({ index, basis: undefined })),
      }),
    );

const outcomes =
  (...indices: readonly number[]) =>
  ({ messages }: Asked): Promise<void> =>
    messages.send((out) => writeAnswer(out, { type: "outcomes", outcomes: indices.map(outcome) }));

/** Takes all that is to be done, says so and so, and ends. */
const applying =
  (...steps: readonly ((asked: Asked) => Promise<unknown>)[]): Answers["apply"] =>
  async (asked) => {
    for (;;) if ((await asked.messages.expect(readActions)).length === 0) break;
    for (;;) if ((await asked.messages.expect(readKnownFiles)).length === 0) break;
    await asked.messages.expect((from) => readServed(from, { actions: 100, files: 0 }));
    for (const step of steps) await step(asked);
    asked.channel.end();
  };

async function takeContent({ channel }: Asked): Promise<void> {
  for (;;) if ((await channel.receive())?.length === 0) return;
}

/** Sends the second file and a directory to the agent. */
async function push({ far, here }: Scene, answers: Answers): Promise<string[]> {
  await using agent = openHostileAgent(host, answers);
  const [source, target] = [openLocal(far, host), agent.open(here)];
  const rows = new Map(await rowsOf(source));
  const actions = [
    { type: "put-file", path: "two", expected: undefined, entry: rows.get("two" as never) },
    { type: "make-directory", path: "e", expected: undefined, entry: rows.get("d" as never) },
  ] as unknown as Action[];
  const done = await applyAll(target, actions, source, { ordered: false });
  return done.map(inBrief);
}

test("an agent that does as it is told gets what it asks for", async () => {
  using scene = newScene();
  expect(await push(scene, {})).toEqual(["done", "done"]);
  expect(contentOf(scene.here)).toContain("two: content of two");
});

test("an agent that says as it should what it has not done is believed", async () => {
  using scene = newScene();
  const apply = applying(wants(0), takeContent, outcomes(0), outcomes(1));
  expect(await push(scene, { apply })).toEqual(["done", "done"]);
});

describe("an agent that", () => {
  test.each<[string, Answers["apply"]]>([
    ["says nothing of what it has done", applying()],
    ["says of one thing only what it has done", applying(outcomes(1))],
    ["has done what it was not asked for", applying(outcomes(0, 1, 2))],
    ["has done the same twice", applying(outcomes(1), outcomes(1))],
    ["wants content that is none", applying(wants(1))],
    ["wants content of nothing", applying(wants(2))],
    ["wants content before it has taken what it wanted", applying(wants(0), wants(0))],
    [
      "wants the same again and again",
      applying(...Array.from({ length: 600 }, () => [wants(0), takeContent]).flat()),
    ],
    [
      "knows what nobody has told it",
      applying(({ messages }) =>
        messages.send((out) =>
          writeAnswer(out, { type: "wants", wants: [{ index: 0, basis: [0] }] }),
        ),
      ),
    ],
    [
      "has more of a file than can be asked with",
      applying(
        ({ messages }) =>
          messages.send((out) =>
            writeAnswer(out, {
              type: "wants",
              wants: [{ index: 0, basis: [manyChunks, manyChunks] }],
            }),
          ),
        takeContent,
        outcomes(0),
        outcomes(1),
      ),
    ],
    ["says what is not known", applying(({ messages }) => messages.send((out) => out.u8(7)))],
    [
      "says more than there is to say",
      applying(({ messages }) =>
        messages.send((out) => {
          out.u8(0);
          writeOutcomes(out, [outcome(0)]);
          out.u8(0);
        }),
      ),
    ],
    ["lets go of what it was asked to do", applying(async ({ channel }) => channel.cancel())],
  ])("%s is not believed", async (_name, apply) => {
    using scene = newScene();
    await expect(push(scene, { apply })).rejects.toMatchObject({ code: "ENDPOINT_PROTOCOL" });
  });
});

/** Asks for a hash of both files. */
async function hashes({ far }: Scene, hash: Answers["hash"]): Promise<unknown> {
  await using agent = openHostileAgent(host, hash === undefined ? {} : { hash });
  const rows = await rowsOf(openLocal(far, host));
  const requests = rows.flatMap(([path, entry]) =>
    entry.kind === "file" ? [{ path, entry, size: entry.size, what: "full" as const }] : [],
  );
  const options = { algorithm: "md5", side: "source", followLinks: false } as const;
  return (await agent.open(far).hash(requests, options, never)).map((one) => "digest" in one);
}

const hashing =
  (step: (asked: Asked) => Promise<unknown>): Answers["hash"] =>
  async (asked) => {
    await asked.messages.expect((from) => readExtents(from, readFiles(from).length));
    await step(asked);
    asked.channel.end();
  };
const md5 = { digest: "0123456789abcdef" as ByteString };

test("hashes that could be are taken", async () => {
  using scene = newScene();
  expect(await hashes(scene, undefined)).toEqual([true, true]);
  const answer = hashing(({ messages }) => messages.send((out) => writeDigests(out, [md5, md5])));
  expect(await hashes(scene, answer)).toEqual([true, true]);
});

test.each([
  ["none", []],
  ["too few", [md5]],
  ["too many", [md5, md5, md5]],
  ["too short ones", [md5, { digest: "0" as ByteString }]],
])("hashes are not taken where there are %s", async (_name, verdicts) => {
  using scene = newScene();
  const answer = hashing(({ messages }) => messages.send((out) => writeDigests(out, verdicts)));
  await expect(hashes(scene, answer)).rejects.toMatchObject({ code: "ENDPOINT_PROTOCOL" });
});

/** Begins to keep old copies, and says what somebody has been told of that. */
async function begin(
  { here }: Scene,
  answer: Answers["begin-versions"],
): Promise<readonly string[]> {
  await using agent = openHostileAgent(host, { "begin-versions": answer! });
  const target: Endpoint = agent.open(here);
  const told: string[] = [];
  await target.beginVersions(1_700_000_000_000, (stamp) => {
    told.push(stamp);
    return "a record";
  });
  return told;
}

const stamp = "2023-11-14T22-13-20.000Z";

test.each([
  ["that climb", ["../../outside"]],
  ["of nothing", ["", stamp]],
  ["without end", [stamp, stamp]],
])("names of old copies %s are refused", async (_name, names) => {
  using scene = newScene();
  const answer: Answers["begin-versions"] = async ({ messages, channel }) => {
    for (const name of names) await messages.send((out) => out.text(name));
    await messages.send((out) => out.bool(true).text(stamp));
    channel.end();
  };
  await expect(begin(scene, answer)).rejects.toMatchObject({ code: "ENDPOINT_PROTOCOL" });
});

describe("a place that", () => {
  const honest = {
    kind: "directory",
    identity: { dev: 1, inoHigh: 0, inoLow: 5 },
    lineage: ["1:0:5"],
    missing: [],
    mountPoint: "/",
    device: 1,
    freeBytes: 5,
    freeInodes: 5,
    realPath: "/x",
  } as const;

  const opened = async (answer: Answers["open"]): Promise<string> => {
    using scene = newScene();
    await using agent = openHostileAgent(host, { open: answer! }, 600);
    return (await agent.open(scene.far).root()).kind;
  };

  const placed =
    (spoil: (bytes: Uint8Array) => void): Answers["open"] =>
    async ({ local, channel }) => {
      await local.root();
      const { capabilities, machine } = local;
      const { Writer } = await import("../../src/wire/writer.ts");
      const out = new Writer();
      const info = { root: honest, capabilities, machine };
      writeOpeningAnswer(out, { type: "place", place: info });
      const place = out.take();
      // Behind the byte that says that it is one.
      spoil(place.subarray(1));
      const message = new Uint8Array(6 + place.length);
      new DataView(message.buffer).setUint32(2, place.length, true);
      message.set(place, 6);
      await channel.send(message);
      channel.end();
    };

  test("is one is taken for it", async () => {
    expect(await opened(placed(() => {}))).toBe("directory");
  });

  test.each<[string, Answers["open"], string]>([
    ["is of no kind", placed((bytes) => bytes.fill(99, 0, 1)), "ENDPOINT_PROTOCOL"],
    ["has a number that is none", placed((bytes) => bytes.fill(255, 1, 9)), "ENDPOINT_PROTOCOL"],
    ["is not told of", ({ channel }) => channel.end(), "ENDPOINT_PROTOCOL"],
    ["is never told of by a line that died", ({ pair }) => pair.cut("silence"), "ENDPOINT_LOST"],
  ])("%s is none", async (_name, answer, code) => {
    await expect(opened(answer)).rejects.toMatchObject({ code });
  });
});
