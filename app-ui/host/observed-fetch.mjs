/** A `fetch` that others can watch: each request is an entry of the activity, and what it changed in Attio is told. */

import {shown} from "./activity.mjs"

/** @typedef {(input: string | URL | Request, init?: RequestInit) => Promise<Response>} Fetch */
/** @typedef {import("./activity.mjs").Activity} Activity */

/**
 * A write that Attio took.
 * @typedef {object} AttioWrite
 * @property {"POST" | "PUT" | "PATCH"} method
 * @property {string} path
 * @property {string} body
 */

/** Larger answers are not looked into. */
const LARGEST_SHOWN = 64 * 1024

/**
 * @param {Fetch} fetch
 * @param {Activity} activity
 * @param {(write: AttioWrite) => void} onAttioWrite
 * @returns {Fetch}
 */
export function observedFetch(fetch, activity, onAttioWrite) {
    return (input, init) => {
        const request = input instanceof Request ? input : null
        const method = (init?.method ?? request?.method ?? "GET").toUpperCase()
        const address = request?.url ?? String(input)
        const url = URL.canParse(address) ? new URL(address) : null
        const body = typeof init?.body === "string" ? init.body : ""
        const name = url === null ? `${method} ${address}` : `${method} ${url.host}${url.pathname}`
        return activity.record(
            {kind: "request", name, sent: shown(body)},
            async () => {
                const response = await fetch(input, init)
                if (url?.host === "api.attio.com" && response.ok && isWrite(method)) {
                    onAttioWrite({method, path: url.pathname, body})
                }
                return response
            },
            async (response) => ({
                status: response.status,
                ok: response.ok,
                received: await glance(response),
            })
        )
    }
}

/**
 * @param {string} method
 * @returns {method is AttioWrite["method"]}
 */
function isWrite(method) {
    return ["POST", "PUT", "PATCH"].includes(method)
}

/** @param {Response} response left whole for whom it was meant */
async function glance(response) {
    const isJson = /\bjson\b/.test(response.headers.get("content-type") ?? "")
    const isSmall = Number(response.headers.get("content-length") ?? LARGEST_SHOWN) < LARGEST_SHOWN
    if (!isJson || !isSmall) return null
    try {
        return shown(await response.clone().text())
    } catch {
        // It broke off on the way; whoever reads it will notice.
        return null
    }
}
