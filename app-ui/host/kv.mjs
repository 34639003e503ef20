/** The app's key-value store: JSON in, JSON out, values that expire. */

/** @typedef {import("./storage.mjs").Storage} Storage */

export class Kv {
    #storage

    /** @param {Storage} storage */
    constructor(storage) {
        this.#storage = storage
    }

    /** What a realm sees of it. */
    sdk() {
        return {
            /** @param {string} key */
            get: async (key) => this.#get(key),
            /**
             * @param {string} key
             * @param {unknown} value
             * @param {{ttlInSeconds?: number}} [options]
             */
            set: async (key, value, options) => this.#set(key, value, options?.ttlInSeconds),
            /** @param {string[]} keys */
            mget: async (keys) => Object.fromEntries(keys.map((key) => [key, this.#get(key)])),
            /** @param {string} key */
            delete: async (key) => this.#storage.change(({kv}) => delete kv[named(key)]),
        }
    }

    /** @returns {Record<string, unknown>} what is in it and has not expired */
    snapshot() {
        const keys = Object.keys(this.#storage.now.kv).filter((key) => this.#get(key) !== null)
        return Object.fromEntries(keys.map((key) => [key, this.#get(key)?.value]))
    }

    /** @param {string} key */
    #get(key) {
        const {kv} = this.#storage.now
        if (!Object.hasOwn(kv, named(key))) return null
        const entry = kv[named(key)]
        if (entry.expiresAt !== null && entry.expiresAt <= Date.now()) return null
        return {value: structuredClone(entry.value)}
    }

    /**
     * @param {string} key
     * @param {unknown} value
     * @param {number | undefined} ttlInSeconds
     */
    #set(key, value, ttlInSeconds) {
        const json = JSON.stringify(value)
        if (json === undefined) throw new TypeError(`kv.set("${key}"): the value is not JSON`)
        const expiresAt = ttlInSeconds === undefined ? null : Date.now() + ttlInSeconds * 1000
        this.#storage.change(({kv}) => {
            for (const [name, entry] of Object.entries(kv)) {
                if (entry.expiresAt !== null && entry.expiresAt <= Date.now()) delete kv[name]
            }
            kv[named(key)] = {value: JSON.parse(json), expiresAt}
        })
    }
}

/**
 * Keys are the app's own words; a prefix keeps one like "__proto__" an ordinary key.
 * @param {string} key
 */
function named(key) {
    if (typeof key !== "string" || key === "")
        throw new TypeError("kv: the key must be a text that is not empty")
    return key === "__proto__" ? "\u0000__proto__" : key
}
