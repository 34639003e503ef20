/** A partner's endpoint: keeps every callback as it came over the wire, byte for byte, and answers 200. */

import {createServer} from "node:http"
import {once} from "node:events"

/** @typedef {{headers: Record<string, string>, body: string}} Letter */

export class Receiver {
    /** @type {Letter[]} those that nobody has taken yet */
    #letters = []
    /** @type {{type: string, take: (letter: Letter) => void}[]} */
    #waiting = []
    #server = createServer((request, response) => {
        /** @type {Buffer[]} */
        const chunks = []
        request.on("data", (chunk) => chunks.push(chunk))
        request.on("end", () => {
            const body = Buffer.concat(chunks).toString("utf8")
            this.#arrived({headers: /** @type {Record<string, string>} */ (request.headers), body})
            response.writeHead(200).end()
        })
    })

    static async start() {
        const receiver = new Receiver()
        receiver.#server.listen(0, "127.0.0.1")
        await once(receiver.#server, "listening")
        return receiver
    }

    get url() {
        const address = this.#server.address()
        if (address === null || typeof address === "string") throw new Error("the receiver is not listening")
        return `http://127.0.0.1:${address.port}/alc`
    }

    stop() {
        this.#server.close()
        this.#server.closeAllConnections()
    }

    /**
     * The next callback of this type, as soon as it is there.
     * @returns {Promise<Letter>}
     */
    next(type) {
        const place = this.#letters.findIndex((letter) => JSON.parse(letter.body).type === type)
        if (place >= 0) return Promise.resolve(this.#letters.splice(place, 1)[0])
        return new Promise((take) => this.#waiting.push({type, take}))
    }

    /** @param {Letter} letter */
    #arrived(letter) {
        const {type} = JSON.parse(letter.body)
        const place = this.#waiting.findIndex((one) => one.type === type)
        if (place >= 0) this.#waiting.splice(place, 1)[0].take(letter)
        else this.#letters.push(letter)
    }
}
