// Builds the package into dist/: one module, and its types. `npm run build:provider`, from the folder above.
import { execFileSync } from "node:child_process"
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import path from "node:path"
import { build } from "vite"

const here = import.meta.dirname
const dist = path.join(here, "dist")
rmSync(dist, { recursive: true, force: true })

await build({
  configFile: false,
  root: here,
  logLevel: "warn",
  build: {
    outDir: dist,
    target: "es2022",
    minify: false,
    sourcemap: true,
    lib: { entry: path.join(here, "index.ts"), formats: ["es"], fileName: "index" },
    // Two copies of Yjs in one program don't know each other's types.
    rolldownOptions: { external: [/^yjs$/, /^y-protocols\//, /^lib0\//] },
  },
})

const compiler = path.join(here, "../node_modules/typescript/bin/tsc")
execFileSync(process.execPath, [compiler, "-p", here], { stdio: "inherit" })
// Node and TypeScript's node16 resolution want names of files where Vite is content with names of modules.
const types = path.join(dist, "types")
for (const name of readdirSync(types, { recursive: true })) {
  if (!name.endsWith(".d.ts")) continue
  const file = path.join(types, name)
  writeFileSync(file, readFileSync(file, "utf8").replaceAll(/(from |import\()"(\.[^"]+)"/g, '$1"$2.js"'))
}
