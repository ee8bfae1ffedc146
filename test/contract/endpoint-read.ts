import { describe, expect, test } from "vitest";

import { SyncError } from "../../src/base/errors.ts";
import { byteString } from "../../src/base/byte-string.ts";
import type { FileEntry } from "../../src/core/entry.ts";
import type { ContentCheck, Endpoint } from "../../src/endpoint/endpoint.ts";
import { EntryProblem } from "../../src/endpoint/endpoint.ts";
import type { EndpointPlace, OpenPlace } from "./endpoint-place.ts";
import {
  brief,
  early,
  fileAt,
  late,
  never,
  path,
  plainRequest,
  rowsOf,
  tellsApart,
} from "./endpoint-place.ts";

async function contentOf(
  endpoint: Endpoint,
  at: string,
  expected: FileEntry,
  between: () => void = () => {},
  followLinks: boolean = false,
): Promise<string> {
  let content = "";
  try {
    for await (const piece of endpoint.read(path(at), expected, { followLinks }, never)) {
      content += byteString(piece);
      between();
    }
  } catch (error) {
    if (!(error instanceof EntryProblem)) throw error;
    return `${error.side}: ${error.code}`;
  }
  return content;
}

const large = "0123456789".repeat(60_000);

/** Roots, reading, and comparing content. */
export function describeRead(open: OpenPlace): void {
  describe("reading", () => {
    test("gives the content, whatever its size", async () => {
      await using place = await open();
      place.make("source/d/empty", { kind: "file" });
      place.make("source/small", { kind: "file", content: "\u0000\u00ff\n" });
      place.make("source/large", { kind: "file", content: large });
      const source = place.open("source");
      for (const [at, content] of [
        ["d/empty", ""],
        ["small", "\u0000\u00ff\n"],
        ["large", large],
      ] as const)
        expect(await contentOf(source, at, await fileAt(source, at))).toBe(content);
    });

    test.each<[string, (place: EndpointPlace) => void, string]>([
      [
        "has another size",
        (place) => place.rewrite("source/f", "scanned, longer", early),
        "changed",
      ],
      ["has another time", (place) => place.rewrite("source/f", "SCANNED", late), "changed"],
      [
        "is another file",
        (place) => place.make("source/f", { kind: "file", content: "scanned" }),
        "changed",
      ],
      [
        "is a link",
        (place) => place.make("source/f", { kind: "symlink", linkTarget: "g" }),
        "changed",
      ],
      ["is a directory", (place) => place.make("source/f", { kind: "directory" }), "changed"],
      ["is gone", (place) => place.remove("source/f"), "vanished"],
    ])("fails where the file %s", async (what, meanwhile, code) => {
      await using place = await open();
      place.make("source/f", { kind: "file", content: "scanned" });
      place.make("source/g", { kind: "file", content: "another" });
      const source = place.open("source");
      const expected = await fileAt(source, "f");
      meanwhile(place);
      const isSeen = tellsApart(source) || what !== "is another file";
      expect(await contentOf(source, "f", expected)).toBe(isSeen ? `source: ${code}` : "scanned");
    });

    test("follows links where it is asked to, and nowhere else", async () => {
      await using place = await open();
      place.make("source/d/f", { kind: "file", content: "content" });
      place.make("source/l", { kind: "symlink", linkTarget: "d/f" });
      place.make("source/e", { kind: "symlink", linkTarget: "d" });
      const source = place.open("source");
      const expected = await fileAt(source, "d/f");
      const none = (): void => {};
      for (const at of ["d/f", "l", "e/f"])
        expect(await contentOf(source, at, expected, none, true)).toBe("content");
      for (const at of ["l", "e/f"])
        expect(await contentOf(source, at, expected)).toBe("source: changed");
    });

    test("fails where a file with several names was written to", async () => {
      await using place = await open();
      place.make("source/f", { kind: "file", content: "scanned" });
      place.link("source/g", "source/f");
      const source = place.open("source");
      const expected = await fileAt(source, "f");
      place.rewrite("source/g", "SCANNED", late);
      expect(await contentOf(source, "f", expected)).toBe("source: changed");
    });

    test("fails where the file changes while it is read", async () => {
      await using place = await open();
      const source = place.open("source");
      for (const content of [large.replace("5", "6"), large.slice(0, 400_000), `${large}more`]) {
        place.make("source/f", { kind: "file", content: large });
        const expected = await fileAt(source, "f");
        let isFirst = true;
        const said = await contentOf(source, "f", expected, () => {
          if (isFirst) place.rewrite("source/f", content, late);
          isFirst = false;
        });
        // Who reads ahead has read all of it, as it was, before anybody could change it.
        expect(["source: changed", large]).toContain(said);
      }
    });

    test("ends when its reader leaves, and when the signal aborts", async () => {
      await using place = await open();
      place.make("source/f", { kind: "file", content: large });
      const source = place.open("source");
      const expected = await fileAt(source, "f");
      for await (const piece of source.read(path("f"), expected, { followLinks: false }, never)) {
        expect(piece.length).toBeGreaterThan(0);
        break;
      }
      const abort = new AbortController();
      const reading = (async () => {
        for await (const _piece of source.read(
          path("f"),
          expected,
          { followLinks: false },
          abort.signal,
        ))
          abort.abort();
      })();
      await expect(reading).rejects.toThrow(expect.objectContaining({ name: "AbortError" }));
    });
  });

  describe("comparing content", () => {
    /** What the driver says, or that it leaves the work to whoever asks. */
    const verdicts = async (place: EndpointPlace, names: readonly string[]): Promise<unknown> => {
      const [source, target] = [place.open("source"), place.open("target")];
      const [ours, theirs] = [new Map(await rowsOf(source)), new Map(await rowsOf(target))];
      const checks = names.map((name): ContentCheck => {
        const [a, b] = [ours.get(path(name)) as FileEntry, theirs.get(path(name)) as FileEntry];
        return { path: path(name), size: a.size, source: a, target: b };
      });
      await target.root();
      const preserve = target.capabilities.keeps;
      const options = { preserve, followLinks: false };
      place.remove("source/gone");
      place.remove("target/lost");
      const given = await target.compareContent(checks, source, options, never);
      return given?.map((verdict) => [
        verdict.path,
        "equal" in verdict
          ? verdict.equal
          : [verdict.problem.path, verdict.problem.side, verdict.problem.code],
      ]);
    };

    test.each([1, 30])(
      "says of each file whether it is equal, or why it cannot say (times %i)",
      async (times) => {
        await using place = await open();
        const contents: Record<string, readonly [string, string]> = {
          gone: ["x", "x"],
          lost: ["x", "x"],
          large: [large, large],
          "large-last": [large, `${large.slice(0, -1)}x`],
        };
        for (let n = 0; n < times; n++) {
          contents[`equal${n}`] = ["same", "same"];
          contents[`first${n}`] = ["same", "xame"];
        }
        const names = Object.keys(contents);
        for (const [at, [ours, theirs]] of Object.entries(contents)) {
          place.make(`source/${at}`, { kind: "file", content: ours });
          place.make(`target/${at}`, { kind: "file", content: theirs });
        }
        const given = await verdicts(place, names);
        if (given === undefined) return;
        expect(given).toEqual(
          names.map((name) => {
            if (name === "gone") return [name, [name, "source", "vanished"]];
            if (name === "lost") return [name, [name, "target", "vanished"]];
            return [name, contents[name]![0] === contents[name]![1]];
          }),
        );
      },
    );
  });

  describe("the root", () => {
    test("is what stands there", async () => {
      await using place = await open();
      place.make("dir", { kind: "directory" });
      place.make("file", { kind: "file" });
      place.make("fifo", { kind: "fifo" });
      place.make("link", { kind: "symlink", linkTarget: "dir" });
      place.make("file-link", { kind: "symlink", linkTarget: "file" });
      place.make("dangling", { kind: "symlink", linkTarget: "missing" });
      const kindAt = async (root: string): Promise<string> => (await place.open(root).root()).kind;
      const roots = [
        "dir",
        "file",
        "fifo",
        "link",
        "file-link",
        "dangling",
        "missing",
        "dir/missing",
      ];
      expect(await Promise.all(roots.map(kindAt))).toEqual([
        "directory",
        "file",
        "other",
        "directory",
        "file",
        "dangling",
        "missing",
        "missing",
      ]);
    });

    test("is known by identities, its own and those of the directories above it", async () => {
      await using place = await open();
      place.make("a/b/c", { kind: "directory" });
      place.make("link", { kind: "symlink", linkTarget: "a/b" });
      const [a, b, c, link, missing] = await Promise.all(
        ["a", "a/b", "a/b/c", "link", "a/b/x/y"].map((root) => place.open(root).root()),
      );
      expect(c!.lineage.slice(1)).toEqual(b!.lineage);
      expect(b!.lineage.slice(1)).toEqual(a!.lineage);
      expect(new Set(c!.lineage).size).toBe(c!.lineage.length);
      expect(link!.lineage).toEqual(b!.lineage);
      expect(link!.identity).toEqual(b!.identity);
      expect(link!.realPath).toBe(b!.realPath);
      expect(missing!.lineage).toEqual(b!.lineage);
      expect(missing!.identity).toEqual(b!.identity);
      expect(missing!.missing).toEqual(["x", "y"]);
      expect([a, b, c].map((root) => root!.missing)).toEqual([[], [], []]);
    });

    test("has the identity that its row in a scan has", async () => {
      await using place = await open();
      place.make("dir", { kind: "directory" });
      const endpoint = place.open("dir");
      const { identity } = await endpoint.root();
      for await (const chunk of endpoint.scan(plainRequest, never)) {
        const [dev, inoHigh, inoLow] = [chunk.dev[0], chunk.inoHigh[0], chunk.inoLow[0]];
        expect(identity).toEqual({ dev, inoHigh, inoLow });
      }
    });

    test("can be made, with the directories above it, once and again", async () => {
      await using place = await open();
      place.make("a", { kind: "directory" });
      const endpoint = place.open("a/b/c");
      await endpoint.makeRoot();
      await endpoint.makeRoot();
      expect((await endpoint.root()).kind).toBe("directory");
      expect(brief(place, "a")).toEqual(["directory", "b directory", "b/c directory"]);
    });

    test("cannot be made where something else is in the way", async () => {
      await using place = await open();
      place.make("file", { kind: "file", content: "kept" });
      for (const root of ["file", "file/below"]) {
        const error: unknown = await place
          .open(root)
          .makeRoot()
          .catch((error: unknown) => error);
        expect(error).toBeInstanceOf(SyncError);
        expect(["TARGET_UNWRITABLE", "ROOT_NOT_DIRECTORY"]).toContain((error as SyncError).code);
      }
      expect(brief(place, "file")).toEqual(["file kept"]);
    });

    test("is flushed without a word", async () => {
      await using place = await open();
      place.make("dir", { kind: "directory" });
      await expect(place.open("dir").flush()).resolves.toBeUndefined();
    });
  });
}
