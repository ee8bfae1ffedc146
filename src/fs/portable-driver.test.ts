import { describeDriver } from "../../test/contract/driver.ts";
import { trackedPaths } from "./descriptor-paths.ts";
import { portableDriver } from "./portable-driver.ts";

describeDriver("portable", async () => portableDriver());
describeDriver("portable, without /proc,", async () => portableDriver(trackedPaths()));
