import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { brotliCompressSync, constants, gzipSync } from "node:zlib"
import type { Plugin } from "vite"

const TEXT = /\.(js|css|svg|json|html|webmanifest)$/
/** Smaller ones fit into one packet anyway. */
const WORTH_IT = 1_024

/**
 * Writes each text file a second and a third time, as `.br` and `.gz`, for `collab/static_files.py` to send: a third of the
 * bytes, which on a phone's line is most of the first visit. Once at the build, since it takes a hundred times as long as
 * to send them; by Node's own zlib, since the plugins for it are no shorter than this.
 */
export function compress(): Plugin {
  return {
    name: "weft-compress",
    apply: "build",
    // After all others wrote theirs.
    writeBundle: {
      order: "post",
      sequential: true,
      handler({ dir = "" }) {
        for (const name of readdirSync(dir, { recursive: true, encoding: "utf8" })) {
          const path = join(dir, name)
          if (!TEXT.test(name) || name.startsWith(".") || statSync(path).size < WORTH_IT) continue
          const content = readFileSync(path)
          // Of 11 steps: the last two take ten times as long for a twentieth less.
          const params = { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: content.length }
          writeFileSync(`${path}.br`, brotliCompressSync(content, { params }))
          writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }))
        }
      },
    },
  }
}
