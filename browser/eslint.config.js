import js from "@eslint/js";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

export default defineConfig(
  { ignores: ["node_modules", "dist"] },
  js.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      complexity: ["error", 15],
      "max-lines-per-function": ["error", { max: 45, skipBlankLines: true, skipComments: true }],
      "no-console": "error",
      "no-implied-eval": "off", // the typed form below sees more
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/explicit-module-boundary-types": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      // Browsers lack what the DOM's types promise: such checks are the point of environment.ts.
      "@typescript-eslint/no-unnecessary-condition": "off",
      "@typescript-eslint/dot-notation": ["error", { allowIndexSignaturePropertyAccess: true }],
    },
  },
  {
    files: ["tests/**", "*.config.ts"],
    rules: { "max-lines-per-function": "off", "@typescript-eslint/explicit-module-boundary-types": "off" },
  },
  {
    files: ["scripts/**"],
    languageOptions: {
      globals: { console: "readonly", process: "readonly", Blob: "readonly", crypto: "readonly" },
    },
  },
);
