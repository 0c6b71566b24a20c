import react from "@vitejs/plugin-react"
import { defineConfig } from "vitest/config"
import { serviceWorker } from "./buildServiceWorker.ts"
import { compress } from "./compress.ts"

/**
 * Three entries share one build: the app, the styles and small scripts of the pages Django renders, and those of its admin. Django finds the
 * hashed names in `.vite/manifest.json`. Editor, KaTeX and highlighting stay out of the first download by `import()`
 * where they are used, so no chunk is arranged by hand here, save the libraries that change less often than our code.
 * Beside them stands the service worker, built from a list of the app's files, and all of it compressed.
 */
export default defineConfig({
  base: "/static/",
  plugins: [react(), serviceWorker("src/app/main.tsx"), compress()],
  build: {
    outDir: "dist",
    emptyOutDir: true,
    manifest: true,
    target: "es2022",
    // Old enough for Firefox ESR, new enough to leave light-dark() to the browser.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    chunkSizeWarningLimit: 900,
    rolldownOptions: {
      input: { app: "src/app/main.tsx", pages: "src/pages/main.ts", admin: "src/pages/admin.css" },
      output: {
        codeSplitting: {
          groups: [
            { name: "react", test: /node_modules\/(react|react-dom|scheduler)\// },
            { name: "mantine", test: /node_modules\/(@mantine|@floating-ui)\// },
          ],
        },
      },
    },
  },
  test: {
    projects: [
      {
        // No DOM here on purpose: the provider and the API client must run in any JavaScript.
        extends: true,
        test: { name: "core", environment: "node", include: ["src/{sync,api,local,worker}/**/*.test.ts"] },
      },
      {
        extends: true,
        test: { name: "pages", environment: "jsdom", include: ["src/{app,editor,design,pages}/**/*.test.{ts,tsx}"] },
      },
    ],
  },
})
