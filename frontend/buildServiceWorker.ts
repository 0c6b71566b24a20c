import { createHash } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { build, type Plugin } from "vite"

/** Read while a document needs them, and not by most: KaTeX's fonts are half a megabyte. */
const ONLY_WHEN_ASKED = /\.(woff2?|ttf|map)$/

/**
 * Builds `src/worker/serviceWorker.ts` into `dist/service-worker.js`, with the list of files that it is to keep: all that
 * the app's entry reaches, by `import` or `import()`, and what lies in `public/`.
 *
 * By hand instead of with a plugin for it: what is kept is Vite's own list, and how it is answered is forty lines that one
 * should be able to read before trusting them with every page load.
 */
export function serviceWorker(entry: string): Plugin {
  let publicFolder = ""
  let base = ""
  return {
    name: "weft-service-worker",
    apply: "build",
    configResolved(config) {
      publicFolder = config.publicDir
      base = config.base
    },
    async writeBundle({ dir }, bundle) {
      const reached = new Set<string>()
      const enter = (name: string) => {
        const chunk = bundle[name]
        if (!chunk || reached.has(name)) return
        reached.add(name)
        if (chunk.type !== "chunk") return
        for (const other of [...chunk.imports, ...chunk.dynamicImports, ...(chunk.viteMetadata?.importedCss ?? [])]) enter(other)
      }
      for (const chunk of Object.values(bundle)) {
        if (chunk.type === "chunk" && chunk.isEntry && chunk.facadeModuleId?.endsWith(entry)) enter(chunk.fileName)
      }
      if (reached.size === 0) throw new Error(`no entry is called ${entry}`)
      const built = [...reached].filter((name) => !ONLY_WHEN_ASKED.test(name)).sort()
      const brought = readdirSync(publicFolder).sort()
      const contents = brought.map((name) => readFileSync(join(publicFolder, name)))
      const name = createHash("sha256").update(built.join("\n"))
      for (const content of contents) name.update(content)
      await build({
        configFile: false,
        publicDir: false,
        logLevel: "warn",
        define: {
          __FILES__: JSON.stringify([...built, ...brought].map((file) => base + file)),
          __BUILD__: JSON.stringify(name.digest("hex").slice(0, 12)),
        },
        build: {
          outDir: dir,
          emptyOutDir: false,
          target: "es2022",
          rolldownOptions: {
            input: "src/worker/serviceWorker.ts",
            // A classic script: Firefox ESR takes no modules here.
            output: { format: "iife", entryFileNames: "service-worker.js" },
          },
        },
      })
    },
  }
}
