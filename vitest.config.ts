import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts", "scripts/**/*.test.ts"],
    globalSetup: ["./test/support/build.ts"],
    pool: "forks",
    reporters: ["default", "./scripts/closing-line.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});

export default config;
