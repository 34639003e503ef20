/** Tells open pages what changed, as server-sent events, so that none of them needs to be reloaded. */

/** @typedef {import("./app.mjs").App} App */
/** @typedef {import("node:http").ServerResponse} ServerResponse */

/**
 * @typedef {{type: "activity", entry: import("./activity.mjs").Entry}
 *   | {type: "record", object: string, id: string}
 *   | {type: "attributes"}
 *   | {type: "connection"}
 *   | {type: "phone", number: string, texts: import("./sms-world.mjs").Text[] | null}} Change
 */

/** Proxies and sleeping laptops drop what stays silent. */
const BEAT_MS = 15_000

export class Live {
    /** @type {Set<(change: Change) => void>} */
    #pages = new Set()
    /** @type {Set<ServerResponse>} */
    #open = new Set()

    /** @param {Change} change */
    tell(change) {
        for (const page of this.#pages) page(change)
    }

    /**
     * @param {App} app
     * @param {string | null} phone whose thread this page shows
     * @param {ServerResponse} response stays open until the page goes away
     */
    follow(app, phone, response) {
        response.writeHead(200, {"content-type": "text/event-stream", "cache-control": "no-store"})
        response.write(": hello\n\n")
        const send = (/** @type {Change} */ change) => {
            response.write(`data: ${JSON.stringify(change)}\n\n`)
        }
        const beat = setInterval(() => response.write(": still here\n\n"), BEAT_MS)
        const stopWatching =
            phone === null
                ? () => {}
                : app.phones.watch(phone, (texts) => send({type: "phone", number: phone, texts}))
        this.#pages.add(send)
        this.#open.add(response)
        response.once("close", () => {
            clearInterval(beat)
            stopWatching()
            this.#pages.delete(send)
            this.#open.delete(response)
        })
    }

    /** A host that ends must not wait for pages that stay open. */
    close() {
        for (const response of this.#open) response.end()
    }
}
