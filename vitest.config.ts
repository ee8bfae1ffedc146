import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts", "scripts/**/*.test.ts"],
    globalSetup: ["./test/support/build.ts"],
    pool: "forks",
    // Many tests wait for processes, servers and clocks, so that one worker would leave a core idle.
    maxWorkers: 2,
    reporters: ["default", "./scripts/closing-line.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});

export default config;
