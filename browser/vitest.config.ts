import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    setupFiles: ["tests/setup.ts"],
    sequence: { shuffle: true },
    testTimeout: 120_000,
  },
});
