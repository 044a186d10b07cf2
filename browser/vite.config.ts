/** The page's script: ES modules with hashed names and a manifest, where Django's static files look for them. */
import { readdirSync } from "node:fs";
import { defineConfig } from "vite";

/** Each page of the portal has a controller of its own: pages/<name>.ts (server: portal/assets.py). */
const pages = readdirSync("src/pages").map((file): [string, string] => [
  file.replace(/\.ts$/, ""),
  `src/pages/${file}`,
]);

export default defineConfig({
  base: "./",
  publicDir: false,
  build: {
    outDir: "../server/src/certcenter/portal/static/portal/build",
    emptyOutDir: true,
    manifest: "manifest.json",
    modulePreload: false,
    target: "es2022",
    sourcemap: true,
    rolldownOptions: {
      input: { certcenter: "src/index.ts", ...Object.fromEntries(pages) },
      preserveEntrySignatures: "strict",
      output: {
        entryFileNames: "[name]-[hash].js",
        chunkFileNames: "[name]-[hash].js",
        assetFileNames: "[name]-[hash][extname]",
      },
    },
  },
});
