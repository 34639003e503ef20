/**
 * What happens between the app, Attio and the app's provider, as it happens: server functions, webhooks, connection
 * events, and the requests each of them led to. The page shows it; nothing else depends on it.
 */

import {AsyncLocalStorage} from "node:async_hooks"

/**
 * @typedef {object} Entry
 * @property {number} id
 * @property {number | null} cause the entry within which this one happened
 * @property {"server-function" | "query" | "webhook" | "event" | "block" | "request"} kind
 * @property {string} name
 * @property {number} at milliseconds of the epoch
 * @property {number | null} ms null while it runs
 * @property {boolean | null} ok null while it runs
 * @property {number | null} status of HTTP, where there is one
 * @property {string | null} sent JSON, secrets masked, shortened
 * @property {string | null} received the same of the answer
 * @property {string | null} error
 */

/** @typedef {{status?: number, ok?: boolean, received?: string | null}} Outcome */

const KEPT = 300
const LONGEST_BODY = 4000
const SECRET = /secret|token|password|authorization|signature|^code(_verifier)?$/i

export class Activity {
    /** @type {Entry[]} oldest first */
    #entries = []
    #last = 0
    #within = /** @type {AsyncLocalStorage<number>} */ (new AsyncLocalStorage())
    /** @type {Set<(entry: Entry) => void>} */
    #listeners = new Set()

    /** @returns {readonly Entry[]} */
    get entries() {
        return this.#entries
    }

    /**
     * Every entry is told twice: when it begins and when it has ended.
     * @param {(entry: Entry) => void} listener
     * @returns {() => void} stops it
     */
    listen(listener) {
        this.#listeners.add(listener)
        return () => this.#listeners.delete(listener)
    }

    /**
     * @template Value
     * @param {Pick<Entry, "kind" | "name"> & {sent?: string | null}} what
     * @param {() => Promise<Value>} work
     * @param {(value: Value) => Outcome | Promise<Outcome>} [judge] what to write down of the value
     * @returns {Promise<Value>}
     */
    async record({kind, name, sent = null}, work, judge = () => ({})) {
        const since = performance.now()
        /** @type {Entry} */
        const entry = {
            id: ++this.#last,
            cause: this.#within.getStore() ?? null,
            kind,
            name,
            at: Date.now(),
            ms: null,
            ok: null,
            status: null,
            sent,
            received: null,
            error: null,
        }
        this.#entries.push(entry)
        if (this.#entries.length > KEPT) this.#entries.shift()
        this.#tell(entry)
        try {
            const value = await this.#within.run(entry.id, work)
            // The clock stops here: what is written down must not slow down what is measured.
            entry.ms = elapsed(since)
            const {status = null, ok = true, received = null} = await judge(value)
            Object.assign(entry, {status, ok, received})
            return value
        } catch (error) {
            entry.ms ??= elapsed(since)
            entry.ok = false
            entry.error = error instanceof Error ? error.message : String(error)
            throw error
        } finally {
            this.#tell(entry)
        }
    }

    /** @param {Entry} entry */
    #tell(entry) {
        for (const listener of this.#listeners) listener({...entry})
    }
}

/** @param {number} since */
function elapsed(since) {
    return Math.round((performance.now() - since) * 10) / 10
}

/**
 * JSON as people may see it: what is secret is masked by its name, what is long is cut.
 * @param {unknown} body text or a value
 * @returns {string | null}
 */
export function shown(body) {
    if (body === undefined || body === null || body === "") return null
    let value = body
    if (typeof body === "string") {
        try {
            value = JSON.parse(body)
        } catch {
            return null
        }
    }
    const text = JSON.stringify(
        value,
        (key, inner) => (SECRET.test(key) && typeof inner === "string" ? "•••" : inner),
        2
    )
    return text.length > LONGEST_BODY ? `${text.slice(0, LONGEST_BODY)}…` : text
}
