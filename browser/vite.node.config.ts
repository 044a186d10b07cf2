/** The library as one module for Node: what tests/interop runs against other people's programs. */
import { defineConfig } from "vite";

export default defineConfig({
  publicDir: false,
  build: {
    outDir: "dist/node",
    emptyOutDir: true,
    ssr: "src/index.ts",
    target: "node20",
    minify: false,
    rolldownOptions: { output: { entryFileNames: "certcenter.mjs" } },
  },
  ssr: { noExternal: true },
});
