import { describe } from "vitest";

import type { EndpointPlace } from "../../../test/contract/endpoint-place.ts";
import { describeEndpoint } from "../../../test/contract/endpoint.ts";
import { newDiskWorld } from "../../../test/contract/disk-place.ts";
import { newBeyond, openAgentPair, someHost } from "../../../test/support/agent-pair.ts";
import { FileError } from "../../fs/file-error.ts";
import type { LocalHost } from "../local/host.ts";
import { openLocalHost } from "../local/host.ts";
import { openLocal } from "../local/local-endpoint.ts";

/** Which of the two replicas are at the other end of the line; with `beyond`, the target is on a host that the source's reaches. */
type Far = "both" | "target" | "source" | "beyond";

async function openPlace(force: "libc" | "portable", far: Far): Promise<EndpointPlace> {
  const world = newDiskWorld();
  const spoiled = new Set<string>();
  const openHost = async (): Promise<LocalHost> => {
    const host = await openLocalHost(force);
    return {
      ...host,
      driver: {
        ...host.driver,
        openDirectory(parent, name) {
          if (spoiled.has(name)) throw new FileError("EACCES", "openat");
          return host.driver.openDirectory(parent, name);
        },
      },
    };
  };
  const beyond = newBeyond(openHost);
  const pair = openAgentPair({ openHost, connectOn: beyond.connectOn });
  const near = await openHost();
  const { at } = world;
  return {
    ...world,
    open(root) {
      const isSource = root === "source";
      const isNear = (far === "target" && isSource) || (far === "source" && !isSource);
      if (isNear) return openLocal(at(root), near);
      return far === "beyond" && !isSource ? pair.open(at(root), someHost) : pair.open(at(root));
    },
    spoil: (name) => spoiled.add(name),
    async [Symbol.asyncDispose]() {
      await pair[Symbol.asyncDispose]();
      await beyond.over();
      await near[Symbol.asyncDispose]();
      world[Symbol.dispose]();
    },
  };
}

describe.each(["libc", "portable"] as const)("with %s", (force) => {
  for (const far of ["both", "target", "source"] as const)
    describeEndpoint(`agent (${far} far)`, () => openPlace(force, far));
});

describeEndpoint("agent (target beyond the source)", () => openPlace("libc", "beyond"));
