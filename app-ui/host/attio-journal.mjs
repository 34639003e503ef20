/**
 * A local Attio forgets when it ends. The host sees every write, so it keeps them and tells them again to the next one:
 * records, attributes and options are then as they were.
 */

import {appendFileSync, existsSync, readFileSync} from "node:fs"

/** @typedef {import("./observed-fetch.mjs").AttioWrite} AttioWrite */

export class AttioJournal {
    #file

    /** @param {string | null} file null: nothing is kept */
    constructor(file) {
        this.#file = file
    }

    /** @param {AttioWrite} write */
    keep(write) {
        // Queries and assertions are POST and PUT too; what they lead to is not known from the request.
        const changesRecord = write.method !== "POST" && /\/records\/[^/]+$/.test(write.path)
        const addsAttribute = write.method === "POST" && /\/(attributes|options)$/.test(write.path)
        if (this.#file === null || !(changesRecord || addsAttribute)) return
        appendFileSync(this.#file, `${JSON.stringify(write)}\n`, {mode: 0o600})
    }

    /**
     * @param {string} base of Attio's REST API
     * @param {string} token
     */
    async tellAgain(base, token) {
        for (const {method, path, body} of this.#kept()) {
            const response = await fetch(`${base}${path}`, {
                method,
                headers: {authorization: `Bearer ${token}`, "content-type": "application/json"},
                body,
            })
            // Attio may have kept it after all (409), or the record may be gone (404): both are as good as told.
            if (response.ok || response.status === 409 || response.status === 404) continue
            throw new Error(
                `Attio answered ${response.status} to ${method} ${path}, which it took before; delete ${this.#file} to start without it`
            )
        }
    }

    /** @returns {AttioWrite[]} */
    #kept() {
        if (this.#file === null || !existsSync(this.#file)) return []
        const lines = readFileSync(this.#file, "utf8").split("\n")
        // Whatever stands after the last line end was cut short by a crash; it was never acknowledged.
        return lines.slice(0, -1).map((line) => JSON.parse(line))
    }
}
