/**
 * The `fetch` of a server realm. It reaches http(s) addresses that have a route and nothing else, so that a bundle under
 * test never leaves this machine by accident.
 */

/** @typedef {import("./options.mjs").Options} Options */

/**
 * @param {Map<string, string>} routes host name → base URL
 * @returns {(input: string | URL | Request, init?: RequestInit) => Promise<Response>}
 */
export function routedFetch(routes) {
    return async (input, init) => {
        const request = input instanceof Request ? input : null
        const target = resolve(routes, request?.url ?? String(input))
        const response = await (request === null
            ? fetch(target, {...init, redirect: "manual"})
            : fetch(new Request(target, request), {...init, redirect: "manual"}))
        const follows = (init?.redirect ?? request?.redirect ?? "follow") !== "manual"
        if (follows && response.status >= 300 && response.status < 400 && response.headers.has("location")) {
            // Following would leave the route; no API the apps call redirects.
            throw new TypeError(
                `fetch: ${target.host} redirects to ${response.headers.get("location")}; call that instead`
            )
        }
        return response
    }
}

/**
 * @param {Map<string, string>} routes
 * @param {string} address
 */
function resolve(routes, address) {
    if (!URL.canParse(address)) throw new TypeError(`fetch: "${address}" is not an absolute URL`)
    const url = new URL(address)
    if (url.protocol !== "http:" && url.protocol !== "https:") {
        throw new TypeError(`fetch: only http and https addresses can be reached, not ${url.protocol}`)
    }
    const base = routes.get(url.host) ?? routes.get(url.hostname)
    if (base === undefined) {
        throw new TypeError(
            `fetch: there is no route to ${url.host}; start the host with --route ${url.host}=URL`
        )
    }
    return new URL(`${base}${url.pathname}${url.search}`)
}
