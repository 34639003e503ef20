/**
 * The phones of the people in this workspace, through a local SMS gateway: what each shows, and answering with it.
 * The gateway tells nobody when a message comes in, so a phone that somebody watches is looked at often; it also
 * forgets when it ends, so threads are kept here.
 */

import {existsSync, readFileSync, writeFileSync} from "node:fs"

/**
 * @typedef {object} Text one SMS, as the owner of the phone sees it
 * @property {string} sid
 * @property {"to-lead" | "from-lead"} direction
 * @property {string} body
 * @property {string} number the other end
 * @property {string} status queued, sent, delivered, undelivered, failed or received
 * @property {number} at milliseconds of the epoch
 */

/** @typedef {(texts: Text[] | null) => void} Listener null: the gateway does not answer */

const LOOK_EVERY_MS = 300
const TIMEOUT_MS = 20_000

export class SmsWorld {
    #base
    #file
    /** @type {Map<string, Map<string, Text>>} number → sid → text */
    #threads
    /** @type {Map<string, {listeners: Set<Listener>, timer: NodeJS.Timeout}>} */
    #watched = new Map()

    /**
     * @param {string | null} base null: there is no gateway
     * @param {string | null} file where threads are kept
     */
    constructor(base, file) {
        this.#base = base
        this.#file = file
        this.#threads = load(file)
    }

    get isThere() {
        return this.#base !== null
    }

    /**
     * @param {string} number
     * @returns {Promise<Text[] | null>}
     */
    async thread(number) {
        try {
            const response = await this.#ask(number, "")
            if (response.ok) {
                const {messages} = /** @type {any} */ (await response.json())
                this.#merge(number, messages)
            }
            return response.ok ? this.#texts(number) : null
        } catch {
            return null
        }
    }

    /**
     * @param {string} number
     * @param {string} body
     * @returns {Promise<{status: number, message: string | null}>}
     */
    async reply(number, body) {
        // Named, because after a restart the gateway does not remember who texted last.
        const to = this.#texts(number).at(-1)?.number
        try {
            const response = await this.#ask(number, "/reply", {body, ...(to === undefined ? {} : {to})})
            const answer = /** @type {any} */ (await response.json().catch(() => ({})))
            return {status: response.status, message: response.ok ? null : (answer.message ?? null)}
        } catch (error) {
            return {status: 502, message: error instanceof Error ? error.message : String(error)}
        }
    }

    /**
     * Tells the thread now and whenever it changes.
     * @param {string} number
     * @param {Listener} listener
     * @returns {() => void} stops it
     */
    watch(number, listener) {
        const watched = this.#watched.get(number) ?? this.#startLooking(number)
        watched.listeners.add(listener)
        this.thread(number).then(listener)
        return () => {
            watched.listeners.delete(listener)
            if (watched.listeners.size > 0) return
            clearInterval(watched.timer)
            this.#watched.delete(number)
        }
    }

    /** @param {string} number */
    #startLooking(number) {
        let before = ""
        let isLooking = false
        const look = async () => {
            if (isLooking) return
            isLooking = true
            const texts = await this.thread(number)
            isLooking = false
            const now = JSON.stringify(texts)
            if (now !== before) watched.listeners.forEach((tell) => tell(texts))
            before = now
        }
        const watched = {listeners: new Set(), timer: setInterval(look, LOOK_EVERY_MS)}
        this.#watched.set(number, watched)
        return watched
    }

    /**
     * @param {string} number
     * @param {any[]} messages
     */
    #merge(number, messages) {
        const thread = this.#threads.get(number) ?? new Map()
        let isChanged = false
        for (const {sid, direction, body, number: otherEnd, status} of messages) {
            const known = thread.get(sid)
            if (known?.status === status) continue
            isChanged = true
            thread.set(sid, {sid, direction, body, number: otherEnd, status, at: known?.at ?? Date.now()})
        }
        if (!isChanged) return
        this.#threads.set(number, thread)
        if (this.#file === null) return
        const kept = [...this.#threads].map(([phone, texts]) => [phone, [...texts.values()]])
        writeFileSync(this.#file, JSON.stringify(Object.fromEntries(kept)), {mode: 0o600})
    }

    /** @param {string} number */
    #texts(number) {
        return [...(this.#threads.get(number)?.values() ?? [])]
    }

    /**
     * @param {string} number
     * @param {string} path
     * @param {unknown} [body]
     */
    #ask(number, path, body) {
        return fetch(`${this.#base}/phones/${encodeURIComponent(number)}${path}`, {
            method: body === undefined ? "GET" : "POST",
            headers: {"content-type": "application/json"},
            body: body === undefined ? null : JSON.stringify(body),
            signal: AbortSignal.timeout(TIMEOUT_MS),
        })
    }
}

/**
 * @param {string | null} file
 * @returns {Map<string, Map<string, Text>>}
 */
function load(file) {
    if (file === null || !existsSync(file)) return new Map()
    try {
        /** @type {[string, Text[]][]} */
        const kept = Object.entries(JSON.parse(readFileSync(file, "utf8")))
        return new Map(kept.map(([phone, texts]) => [phone, new Map(texts.map((text) => [text.sid, text]))]))
    } catch {
        // Old threads are a comfort, not a truth: a file cut short by a crash must not keep the host from starting.
        return new Map()
    }
}
