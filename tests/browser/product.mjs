/** The running product, as `cargo xtask demo` starts it, on free ports and in a folder of its own. */

import {spawn} from "node:child_process"
import {once} from "node:events"
import {existsSync, mkdtempSync, rmSync} from "node:fs"
import {tmpdir} from "node:os"
import path from "node:path"
import {createInterface} from "node:readline"
import {fileURLToPath} from "node:url"

export const ROOT = fileURLToPath(new URL("../..", import.meta.url))

/** Where `alc`, `emulate` and `demo` were built. */
export const BINARIES =
    process.env.ALC_BINARIES ?? path.join(process.env.CARGO_TARGET_DIR ?? path.join(ROOT, "target"), "debug")

/**
 * @typedef {object} Product
 * @property {string} url the pages
 * @property {string} sms
 * @property {{email: string, password: string}} login
 * @property {boolean} isConnected
 * @property {() => Promise<void>} stop
 */

/** A folder for one product, gone afterwards. */
export function newFolder() {
    const folder = mkdtempSync(path.join(tmpdir(), "alc-browser-"))
    return {folder, remove: () => rmSync(folder, {recursive: true, force: true})}
}

/**
 * @param {string} folder started again in the same folder, it is the same product
 * @returns {Promise<Product>}
 */
export async function startProduct(folder) {
    for (const name of ["alc", "emulate", "demo"]) {
        const program = path.join(BINARIES, name)
        if (!existsSync(program)) {
            throw new Error(
                `${program} is missing: run \`cargo xtask demo\` once, or name the folder in ALC_BINARIES`
            )
        }
    }
    const args = ["--json", "--ports", "0", "--folder", folder, "--binaries", BINARIES]
    const {first, end} = await start(path.join(BINARIES, "demo"), args)
    return {...JSON.parse(first), stop: end}
}

/**
 * Starts a program that says in its first line where it is.
 * @param {string} program
 * @param {string[]} args
 */
export async function start(program, args) {
    const child = spawn(program, args, {cwd: ROOT, stdio: ["ignore", "pipe", "inherit"]})
    const ended = once(child, "exit")
    const lines = createInterface({input: child.stdout})
    const first = await Promise.race([
        once(lines, "line").then(([line]) => String(line)),
        ended.then(([status]) => {
            throw new Error(
                `${program} ended with ${status} before it was ready; its own message stands above`
            )
        }),
    ])
    return {
        first,
        end: async () => {
            child.kill("SIGTERM")
            await ended
        },
    }
}
