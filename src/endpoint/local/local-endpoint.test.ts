import { linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { afterAll } from "vitest";

import type { EndpointPlace } from "../../../test/contract/endpoint-place.ts";
import { directoriesAbove, modelOf } from "../../../test/contract/endpoint-place.ts";
import { describeEndpoint } from "../../../test/contract/endpoint.ts";
import { makeOnDisk, newDirectory, seeDisk, setTimeOnDisk } from "../../../test/model/disk.ts";
import { FileError } from "../../fs/file-error.ts";
import type { LocalHost } from "./host.ts";
import { openLocalHost } from "./host.ts";
import { openLocal } from "./local-endpoint.ts";

async function openPlace(host: LocalHost): Promise<EndpointPlace> {
  const dir = newDirectory();
  const at = (path: string): string => `${dir.path}/${path}`;
  const bytesAt = (path: string): Buffer => Buffer.from(at(path), "latin1");
  const spoiled = new Set<string>();
  const spoiledHost: LocalHost = {
    ...host,
    driver: {
      ...host.driver,
      openDirectory(parent, name) {
        if (spoiled.has(name)) throw new FileError("EACCES", "openat");
        return host.driver.openDirectory(parent, name);
      },
    },
  };
  return {
    open: (root) => openLocal(at(root), spoiledHost),
    make(path, made) {
      rmSync(bytesAt(path), { recursive: true, force: true });
      for (const above of directoriesAbove(path)) mkdirSync(bytesAt(above), { recursive: true });
      makeOnDisk(at(path), modelOf(made));
    },
    link: (path, from) => linkSync(bytesAt(from), bytesAt(path)),
    remove: (path) => rmSync(bytesAt(path), { recursive: true }),
    rewrite(path, content, mtime) {
      writeFileSync(bytesAt(path), content, "latin1");
      setTimeOnDisk(at(path), mtime);
    },
    spoil: (name) => spoiled.add(name),
    look: (path) => seeDisk(at(path)),
    async [Symbol.asyncDispose]() {
      dir[Symbol.dispose]();
    },
  };
}

for (const driver of ["libc", "portable"] as const) {
  const host = await openLocalHost(driver);
  afterAll(() => host[Symbol.asyncDispose]());
  describeEndpoint(`local (${driver})`, () => openPlace(host));
}
