/** Builds the page: `page/` → `dist/`, where the host finds it. `npm run build:host`. */

import {copyFileSync, mkdirSync} from "node:fs"
import {fileURLToPath} from "node:url"
import {build} from "esbuild"

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url))

/** @type {import("esbuild").BuildOptions} */
const shared = {
    bundle: true,
    minify: true,
    legalComments: "none",
    target: "es2022",
    define: {"process.env.NODE_ENV": '"production"'},
    jsx: "automatic",
    logLevel: "warning",
}

mkdirSync(here("dist"), {recursive: true})
await Promise.all([
    build({...shared, format: "esm", entryPoints: {page: here("page/main.tsx")}, outdir: here("dist")}),
    build({
        ...shared,
        format: "iife",
        entryPoints: {realm: here("page/realm/worker.ts")},
        outdir: here("dist"),
    }),
])
for (const file of ["index.html", "icon.svg"]) copyFileSync(here(`page/${file}`), here(`dist/${file}`))
