import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";

import { bytes, name, openPlace, put } from "../../test/contract/driver-place.ts";
import { libcDriver } from "./libc-driver.ts";
import { newStat } from "./stat.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as (options?: { type: "minor" }) => void;

test("memory known to the kernel by address alone survives any garbage collection", async () => {
  using place = await openPlace(async () => libcDriver());
  const { driver, root, path } = place;
  const names = Array.from({ length: 300 }, (_, i) => name(`file-${String(i).padStart(3, "0")}`));
  for (const file of names) put(place, file, contentOf(file));
  driver.setXattr(root, names[7]!, bytes("user.seven"), bytes("7"));
  const out = newStat();

  for (let round = 0; round < 40; round++) {
    let garbage: Uint8Array[] = [];
    const list = driver.list(root);
    for (const [i, file] of list.entries()) {
      // Fills new and old space with arrays that lie where freed memory of the driver's would have lain.
      garbage.push(new Uint8Array(4096).fill(0xaa), new Uint8Array(24).fill(0xbb));
      if (i % 50 === round % 50) collect({ type: "minor" });
      const content = contentOf(file);
      driver.stat(root, file, out);
      expect(out.size).toBe(content.length);
      const fd = driver.openFile(root, file);
      // A new, tiny buffer each time: it starts on V8's own heap, where it would be moved.
      const buffer = new Uint8Array(content.length);
      expect(driver.read(fd, buffer, buffer.length)).toBe(content.length);
      garbage.push(buffer);
      expect(Buffer.from(buffer).toString()).toBe(content);
      expect(driver.listXattrs(root, file).length).toBe(i === 7 ? 1 : 0);
      driver.close(fd);
    }
    expect(list).toEqual(names);
    expect(
      garbage.every((array) => array.length !== 4096 || array.every((byte) => byte === 0xaa)),
    ).toBe(true);
    garbage = [];
    collect();
  }
  expect(readFileSync(join(path, names[0]!), "utf8")).toBe(contentOf(names[0]!));
});

function contentOf(file: string): string {
  return `${file}:`.repeat(1 + (file.charCodeAt(7) % 4));
}
