import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts", "scripts/**/*.test.ts"],
    globalSetup: ["./test/support/build.ts"],
    pool: "forks",
    // Many tests wait for processes, servers and clocks: there is work for more workers than there are cores.
    maxWorkers: 3,
    reporters: ["default", "./scripts/closing-line.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});

export default config;
