/**
 * The app's own loaders, bundled as the app's build does it, in a bare realm: the language itself and the few globals
 * Attio documents. What the app gets at run time is what the tests and measurements here get.
 */

import {existsSync} from "node:fs"
import {createRequire} from "node:module"
import {fileURLToPath} from "node:url"
import vm from "node:vm"

const app = fileURLToPath(new URL("../app-ui/", import.meta.url))
const core = `${app}src/core/`

/**
 * A loader of `app-ui/src/core/` and all it imports, as one classic script.
 * @param {"rules" | "phones"} part
 */
export function bundle(part) {
    if (!existsSync(`${core}generated/${part}_wasm.ts`))
        throw new Error("run `cargo xtask app` first: it makes the files under test")
    const {buildSync} = createRequire(app)("esbuild")
    const {outputFiles} = buildSync({
        entryPoints: [`${core}${part}.ts`],
        bundle: true,
        write: false,
        format: "iife",
        globalName: "part",
        target: "es2022",
        logLevel: "warning",
    })
    return new vm.Script(outputFiles[0].text, {filename: `${part}.js`})
}

/**
 * Runs a bundled loader in a realm of its own.
 * @param {vm.Script} script
 * @param {{webAssembly: boolean}} options
 */
export function load(script, {webAssembly}) {
    /** @type {string[]} */
    const complaints = []
    const complain = (...words) => void complaints.push(words.join(" "))
    const context = vm.createContext(
        {TextEncoder, TextDecoder, console: {error: complain, warn: complain}},
        {codeGeneration: {strings: false, wasm: webAssembly}}
    )
    if (!webAssembly) vm.runInContext("delete globalThis.WebAssembly", context)
    script.runInContext(context)
    return {part: context.part, complaints, run: (code) => vm.runInContext(code, context)}
}
