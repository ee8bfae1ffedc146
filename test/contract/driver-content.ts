import { readFileSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

import type { Descriptor } from "../../src/fs/driver.ts";
import {
  codeOf,
  name,
  notOpen,
  type OpenDriver,
  openPlace,
  type Place,
  put,
  statOf,
  statOfDescriptor,
  withOpen,
} from "./driver-place.ts";

const MiB = 2 ** 20;

/** Reading, writing, copying, holes, and the file system around. */
export function describeContent(open: OpenDriver): void {
  describe("content", () => {
    test("read goes on where it stopped, readAt does not disturb it", async () => {
      using place = await openPlace(open);
      const { driver, root } = place;
      const fd = driver.openFile(root, put(place, "file", "abcdefghij"));
      withOpen(place, fd, () => {
        expect(readText(place, fd, 4)).toBe("abcd");
        const buffer = Buffer.alloc(3);
        expect(driver.readAt(fd, buffer, 3, 1)).toBe(3);
        expect(buffer.toString()).toBe("bcd");
        expect(readText(place, fd, 4)).toBe("efgh");
        expect(readText(place, fd, 4)).toBe("ij");
        expect(readText(place, fd, 4)).toBe("");
        expect(driver.readAt(fd, buffer, 3, 100)).toBe(0);
      });
    });

    test("any buffer will do: tiny, a part of a larger one, shared between threads", async () => {
      using place = await openPlace(open);
      const { driver, root } = place;
      const text = "0123456789abcdef";
      const fd = driver.openFile(root, put(place, "file", text));
      const copy = driver.createFile(root, name("copy"));
      const buffers = [
        new Uint8Array(16),
        new Uint8Array(new ArrayBuffer(5000), 777, 16),
        Buffer.from("................"),
        new Uint8Array(new SharedArrayBuffer(4096), 100, 16),
        new Uint8Array(new ArrayBuffer(16, { maxByteLength: 8192 })),
      ];
      for (const buffer of buffers) {
        expect(driver.readAt(fd, buffer, 16, 0)).toBe(16);
        expect(Buffer.from(buffer).toString()).toBe(text);
        driver.writeAt(copy, buffer, 16, 0);
        expect(readFileSync(join(place.path, "copy"), "utf8")).toBe(text);
        driver.truncate(copy, 0);
      }
      driver.close(fd);
      driver.close(copy);
    });

    test("a length beyond the buffer is the caller's mistake and touches no memory", async () => {
      using place = await openPlace(open);
      const { driver, root } = place;
      const fd = driver.createFile(root, name("file"));
      const buffer = new Uint8Array(8);
      const moved = new Uint8Array(8);
      structuredClone(moved, { transfer: [moved.buffer] });
      withOpen(place, fd, () => {
        for (const length of [9, -1, Number.NaN]) {
          expect(() => driver.read(fd, buffer, length)).toThrow();
          expect(() => driver.readAt(fd, buffer, length, 0)).toThrow();
        }
        expect(() => driver.writeAt(fd, buffer, 9, 0)).toThrow(RangeError);
        expect(() => driver.readAt(fd, moved, 8, 0)).toThrow();
        expect(driver.readAt(fd, new Uint8Array(0), 0, 0)).toBe(0);
        driver.writeAt(fd, new Uint8Array(0), 0, 0);
      });
      expect(statOf(place, name("file")).size).toBe(0);
    });

    test("positions and sizes beyond 4 GiB are exact", async () => {
      using place = await openPlace(open);
      const { driver, root } = place;
      const far = 5 * 2 ** 30 + 3;
      const fd = driver.createFile(root, name("file"));
      withOpen(place, fd, () => {
        driver.writeAt(fd, Buffer.from("far"), 3, far);
        expect(statOfDescriptor(place, fd).size).toBe(far + 3);
        const buffer = Buffer.alloc(8);
        expect(driver.readAt(fd, buffer, 8, far - 1)).toBe(4);
        expect(buffer.toString("latin1", 0, 4)).toBe("\0far");
        driver.truncate(fd, far + 1);
        expect(statOfDescriptor(place, fd).size).toBe(far + 1);
        driver.truncate(fd, 2 ** 33);
        expect(statOfDescriptor(place, fd).size).toBe(2 ** 33);
      });
    });

    test("failures carry their code", async () => {
      using place = await openPlace(open);
      const { driver, root } = place;
      const buffer = new Uint8Array(10);
      const fd = driver.openFile(root, put(place, "file", "x"));
      withOpen(place, fd, () => {
        expect(codeOf(() => driver.writeAt(fd, buffer, 1, 0))).toBe("EBADF");
        expect(codeOf(() => driver.truncate(fd, 0))).toBe("EINVAL");
      });
      expect(codeOf(() => driver.read(root, buffer, 1))).toBe("EISDIR");
      expect(codeOf(() => driver.read(notOpen, buffer, 1))).toBe("EBADF");
      expect(codeOf(() => driver.readAt(notOpen, buffer, 1, 0))).toBe("EBADF");
      expect(codeOf(() => driver.flush(notOpen))).toBe("EBADF");
    });
  });

  describe("copies inside the kernel", () => {
    test("a range is copied with its position, or said to be impossible", async () => {
      using place = await openPlace(open);
      const { driver, root } = place;
      const content = Buffer.alloc(3 * MiB, "some content ");
      const from = driver.openFile(root, put(place, "from", content));
      const to = driver.createFile(root, name("to"));
      const copied = driver.copyRange(from, to, MiB, 5 * MiB);
      if (driver.features.kernelCopy) {
        expect(copied).toBe(2 * MiB);
        expect(
          readFileSync(join(place.path, "to")).subarray(MiB).equals(content.subarray(MiB)),
        ).toBe(true);
        expect(driver.copyRange(from, to, 3 * MiB, MiB)).toBe(0);
        expect(codeOf(() => driver.copyRange(from, notOpen, 0, MiB))).toBe("EBADF");
      } else {
        expect(copied).toBe(-1);
        expect(statOfDescriptor(place, to).size).toBe(0);
      }
      driver.close(from);
      driver.close(to);
    });

    test("a clone is the whole file, or there is none", async () => {
      using place = await openPlace(open);
      const { driver, root } = place;
      const content = Buffer.alloc(MiB, "clone me ");
      const from = driver.openFile(root, put(place, "from", content));
      const to = driver.createFile(root, name("to"));
      const cloned = driver.clone(from, to);
      expect(readFileSync(join(place.path, "to")).equals(cloned ? content : Buffer.alloc(0))).toBe(
        true,
      );
      expect(cloned && !driver.features.kernelCopy).toBe(false);
      driver.close(from);
      driver.close(to);
    });
  });

  describe("holes", () => {
    test("data and holes are found, or the whole file passes for data", async () => {
      using place = await openPlace(open);
      const { driver, root } = place;
      const fd = driver.createFile(root, name("sparse"));
      withOpen(place, fd, () => {
        driver.writeAt(fd, Buffer.alloc(65536, 1), 65536, 4 * MiB);
        driver.truncate(fd, 16 * MiB);
        const seen = {
          firstData: driver.seekData(fd, 0),
          insideData: driver.seekData(fd, 4 * MiB + 5),
          firstHole: driver.seekHole(fd, 0),
          holeAfterData: driver.seekHole(fd, 4 * MiB),
          noMoreData: driver.seekData(fd, 8 * MiB),
          dataPastTheEnd: driver.seekData(fd, 20 * MiB),
          holePastTheEnd: driver.seekHole(fd, 20 * MiB),
        };
        const rest = {
          insideData: 4 * MiB + 5,
          dataPastTheEnd: 20 * MiB,
          holePastTheEnd: 20 * MiB,
        };
        expect(seen).toEqual(
          driver.features.holes
            ? {
                ...rest,
                firstData: 4 * MiB,
                firstHole: 0,
                holeAfterData: 4 * MiB + 65536,
                noMoreData: 16 * MiB,
              }
            : {
                ...rest,
                firstData: 0,
                firstHole: 16 * MiB,
                holeAfterData: 16 * MiB,
                noMoreData: 8 * MiB,
              },
        );
      });
      expect(statOf(place, name("sparse")).blocks).toBeLessThan((16 * MiB) / 512);
      expect(codeOf(() => driver.seekHole(notOpen, 0))).toBe("EBADF");
    });
  });

  describe("the file system", () => {
    test("is flushed, and says what room it has", async () => {
      using place = await openPlace(open);
      const { driver, root, path } = place;
      driver.flush(root);
      const fd = driver.openFile(root, put(place, "file", "x"));
      withOpen(place, fd, () => {
        driver.flush(fd);
        expect(driver.fileSystem(fd).type).toBe(statfsSync(path).type);
      });
      const room = driver.fileSystem(root);
      const known = statfsSync(path);
      expect(room.type).toBe(known.type);
      expect(room.freeBytes / (known.bavail * known.bsize)).toBeCloseTo(1, 1);
      expect(room.freeInodes === undefined).toBe(known.files === 0);
      expect((room.freeInodes ?? 1) / (known.ffree || 1)).toBeCloseTo(1, 1);
    });
  });
}

function readText({ driver }: Place, fd: Descriptor, length: number): string {
  const buffer = Buffer.alloc(length);
  return buffer.toString("latin1", 0, driver.read(fd, buffer, length));
}
