/**
 * What Attio would keep for the app: its connection, its key-value store, its webhook handlers. With a file, every
 * change is on disk before the app goes on, so a killed host comes back where it was.
 */

import {randomUUID} from "node:crypto"
import {existsSync, readFileSync, renameSync, writeFileSync} from "node:fs"

/**
 * @typedef {object} StoredConnection
 * @property {string} id
 * @property {string} value the access token, or the secret somebody pasted
 * @property {string | null} refreshToken
 * @property {number | null} expiresAt milliseconds of the epoch
 * @property {string} userId who connected
 * @property {number} connectedAt milliseconds of the epoch
 * @property {string | null} scope what the provider allowed
 */

/**
 * @typedef {object} Handler
 * @property {string} id
 * @property {string} fileName
 * @property {string | null} externalWebhookId
 */

/** @typedef {{value: unknown, expiresAt: number | null}} KvEntry */

/**
 * @typedef {object} Stored
 * @property {string} workspaceId
 * @property {StoredConnection | null} connection
 * @property {Record<string, KvEntry>} kv
 * @property {Record<string, Handler>} handlers
 */

export class Storage {
    #file
    #stored

    /** @param {string | null} file null: in memory only */
    constructor(file) {
        this.#file = file
        this.#stored = load(file)
    }

    /** @returns {Readonly<Stored>} */
    get now() {
        return this.#stored
    }

    /** @param {(stored: Stored) => void} edit */
    change(edit) {
        edit(this.#stored)
        if (this.#file === null) return
        // A rename is all or nothing; a plain write could be cut short and leave neither the old nor the new.
        const draft = `${this.#file}.${process.pid}.tmp`
        writeFileSync(draft, JSON.stringify(this.#stored, null, 1), {mode: 0o600})
        renameSync(draft, this.#file)
    }
}

/**
 * @param {string | null} file
 * @returns {Stored}
 */
function load(file) {
    if (file === null || !existsSync(file)) {
        return {workspaceId: randomUUID(), connection: null, kv: {}, handlers: {}}
    }
    try {
        return JSON.parse(readFileSync(file, "utf8"))
    } catch (cause) {
        throw new Error(`${file} is not a file of this host; move it away or name another with --data`, {
            cause,
        })
    }
}
