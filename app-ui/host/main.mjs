/**
 * A headless stand-in for the part of Attio that runs apps: loads a built app, presses its buttons, receives its
 * webhooks and connects it, all over HTTP. `node host/main.mjs --help` lists the options.
 */

import {startHost} from "./host.mjs"
import {BadOption, readOptions, USAGE} from "./options.mjs"

async function main() {
    const args = process.argv.slice(2)
    if (args.includes("--help")) {
        console.log(USAGE)
        return
    }
    const host = await startHost(readOptions(args))
    console.log(`listening on ${host.url}`)
    for (const signal of ["SIGINT", "SIGTERM"]) {
        process.once(signal, () => host.close().then(() => process.exit(0)))
    }
}

main().catch((error) => {
    const isMisuse = error instanceof BadOption
    console.error(isMisuse ? `${error.message}\n\n${USAGE}` : error)
    process.exit(isMisuse ? 2 : 1)
})
