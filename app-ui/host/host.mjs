/** Puts the host together and lets it listen. */

import {App} from "./app.mjs"
import {controlServer} from "./control.mjs"

/** @typedef {import("./options.mjs").Options} Options */

/** How long a stopping host waits for answers that are under way. */
const PATIENCE_MS = 3000

/**
 * @param {Options} options
 * @returns {Promise<{url: string, close: () => Promise<void>}>}
 */
export async function startHost(options) {
    let address = ""
    const publicUrl = () => options.publicUrl ?? address
    const app = new App(options, publicUrl)
    const server = controlServer(app, publicUrl)
    await app.remember()

    await new Promise((resolve, reject) => {
        server.once("error", reject)
        server.listen(options.port, options.hostname, () => resolve(undefined))
    })
    const bound = server.address()
    if (bound === null || typeof bound === "string") throw new Error("The host listens on no port")
    const hostname = bound.family === "IPv6" ? `[${bound.address}]` : bound.address
    address = `http://${hostname}:${bound.port}`

    return {
        url: address,
        close: () =>
            new Promise((resolve) => {
                // Those that are being answered may finish; connections kept open for later must not hold it up, nor
                // those a browser opened in advance, which count as neither.
                const impatience = setTimeout(() => server.closeAllConnections(), PATIENCE_MS)
                server.close(() => {
                    clearTimeout(impatience)
                    resolve()
                })
                app.live.close()
                server.closeIdleConnections()
            }),
    }
}
