/** The host's HTTP face: what a person would do in Attio's pages, as requests; and the addresses of webhook handlers. */

import {createServer} from "node:http"
import {json, refusal} from "./answer.mjs"
import {ConnectionError} from "./connections.mjs"
import {answerPage, pageOfNothing} from "./page.mjs"
import {describe} from "./realm.mjs"

/** @typedef {import("./app.mjs").App} App */
/** @typedef {import("node:http").IncomingMessage} IncomingMessage */
/** @typedef {import("./answer.mjs").Answer} Answer */

const LARGEST_BODY = 1024 * 1024

/**
 * @param {App} app
 * @param {() => string} publicUrl
 */
export function controlServer(app, publicUrl) {
    return createServer((request, response) => {
        answer(app, publicUrl, request).then(
            ({status, headers = {}, body, stream}) => {
                if (stream !== undefined) return stream(response)
                const isRaw = body instanceof Uint8Array
                response.writeHead(status, isRaw ? headers : {"content-type": "application/json", ...headers})
                response.end(isRaw ? body : JSON.stringify(body ?? {}))
            },
            (error) => {
                console.error("host:", error)
                response.writeHead(500, {"content-type": "application/json"})
                response.end(JSON.stringify({code: "host_failed", message: String(error?.message ?? error)}))
            }
        )
    })
}

/**
 * @param {App} app
 * @param {() => string} publicUrl
 * @param {IncomingMessage} request
 * @returns {Promise<Answer>}
 */
async function answer(app, publicUrl, request) {
    const url = new URL(request.url ?? "/", publicUrl())
    const [, first, second = "", third, ...rest] = url.pathname.split("/")
    // Webhooks come from elsewhere by their nature; everything else is for the person at this machine.
    if (first !== "hooks" && isForeign(request, publicUrl()))
        return refusal(403, "foreign_origin", `Open ${publicUrl()} itself; other sites may not ask this host`)
    const body = await readBody(request)
    if (body === null) return refusal(413, "body_too_large", `A body may have ${LARGEST_BODY} bytes`)
    try {
        const ofPage = await answerPage(app, `${request.method}`, url, body)
        if (ofPage !== null) return ofPage
        if (rest.length > 0 || (third !== undefined && first !== "blocks")) return nothing(request, url)
        switch (`${request.method} /${first}`) {
            case "GET /state":
                return {status: 200, body: app.describe()}
            case "GET /connections":
                return await connect(app, second, url.searchParams)
            case "POST /connections":
                return await paste(app, json(body))
            case "DELETE /connections":
                await app.connections.remove()
                app.live.tell({type: "connection"})
                return {status: 200, body: {connected: false}}
            case "POST /actions":
                return await press(app, second, json(body))
            case "POST /blocks":
                return await runBlock(app, second, third ?? "execute", json(body))
            default:
                if (first === "hooks") return await receive(app, second, url, request, body)
                return nothing(request, url)
        }
    } catch (error) {
        if (error instanceof ConnectionError) return refusal(error.status, error.code, error.message)
        throw error
    }
}

/**
 * @param {IncomingMessage} request
 * @param {URL} url
 * @returns {Answer}
 */
function nothing({method, headers}, url) {
    const isPerson = method === "GET" && (headers.accept ?? "").includes("text/html")
    return isPerson
        ? pageOfNothing()
        : refusal(404, "not_found", `There is nothing at ${method} ${url.pathname}`)
}

/**
 * @param {App} app
 * @param {string} step
 * @param {URLSearchParams} query
 * @returns {Promise<Answer>}
 */
async function connect(app, step, query) {
    if (step === "start") {
        const returnTo = query.get("return_to")
        // A path of this host and nothing else, or the link would lead people anywhere.
        if (returnTo !== null && !/^(\/[\w-]+)+$/.test(returnTo))
            return refusal(400, "return_to_unusable", "return_to must be a path of this host, such as /apps")
        return {status: 302, headers: {location: app.connections.start(returnTo)}}
    }
    if (step !== "callback")
        return refusal(404, "not_found", "Use /connections/start or /connections/callback")
    const returnTo = await app.connections.finish(query)
    app.live.tell({type: "connection"})
    if (returnTo !== null) return {status: 303, headers: {location: returnTo}}
    return {status: 200, body: {connected: true}}
}

/**
 * @param {App} app
 * @param {any} body
 * @returns {Promise<Answer>}
 */
async function paste(app, body) {
    if (typeof body?.value !== "string" || body.value === "") {
        return refusal(400, "value_missing", 'Send {"value": "the token"}')
    }
    await app.connections.paste(body.value)
    app.live.tell({type: "connection"})
    return {status: 200, body: {connected: true}}
}

/**
 * @param {App} app
 * @param {string} extensionId
 * @param {any} body
 * @returns {Promise<Answer>}
 */
async function press(app, extensionId, body) {
    if (typeof body?.recordId !== "string" || typeof body.object !== "string") {
        return refusal(400, "record_missing", 'Send {"recordId": "…", "object": "people"}')
    }
    const shown = await app.pressAction(extensionId, {recordId: body.recordId, object: body.object})
    if (shown === null) return refusal(404, "action_unknown", `The app has no record action "${extensionId}"`)
    return {status: 200, body: shown}
}

/**
 * @param {App} app
 * @param {string} blockId
 * @param {string} handler
 * @param {any} body
 * @returns {Promise<Answer>}
 */
async function runBlock(app, blockId, handler, body) {
    try {
        const ran = await app.runBlock(blockId, handler, body?.config ?? {}, body?.metadata ?? {})
        if (ran === null) return refusal(404, "block_unknown", `The app has no workflow block "${blockId}"`)
        return {status: 200, body: {result: ran.result ?? null, error: null}}
    } catch (error) {
        const {name, message} = describe(error)
        return {status: 200, body: {result: null, error: {name, message}}}
    }
}

/**
 * @param {App} app
 * @param {string} handlerId
 * @param {URL} url
 * @param {IncomingMessage} request
 * @param {Buffer} body
 * @returns {Promise<Answer>}
 */
async function receive(app, handlerId, url, request, body) {
    const headers = new Headers()
    for (const [name, value] of Object.entries(request.headers)) headers.set(name, String(value))
    const hasBody = request.method !== "GET" && request.method !== "HEAD"
    try {
        const response = await app.receive(
            handlerId,
            new Request(url, {
                method: request.method,
                headers,
                ...(hasBody ? {body: new Uint8Array(body)} : {}),
            })
        )
        if (response === null) return refusal(404, "handler_unknown", "There is no such webhook handler")
        const answered = new Uint8Array(await response.arrayBuffer())
        return {status: response.status, headers: Object.fromEntries(response.headers), body: answered}
    } catch (error) {
        // As in Attio: whatever goes wrong in a webhook, its sender reads 500 and no more.
        console.error("host: the webhook failed:", error)
        return refusal(500, "webhook_failed", "The webhook handler failed; see the log of the host")
    }
}

/**
 * Whether another site's page is asking, by a form, by script, or under a name that it pointed at this machine.
 * @param {IncomingMessage} request
 * @param {string} publicUrl
 */
function isForeign({method, headers}, publicUrl) {
    const host = headers.host ?? ""
    const isOurName =
        host === new URL(publicUrl).host || /^(localhost|[\d.]+|\[[\da-f:]+\])(:\d+)?$/.test(host)
    const site = headers["sec-fetch-site"]
    const isOurPage = site === undefined || site === "same-origin" || site === "none"
    return !isOurName || !(isOurPage || method === "GET")
}

/**
 * @param {IncomingMessage} request
 * @returns {Promise<Buffer | null>} null when it is too large
 */
async function readBody(request) {
    const parts = []
    let size = 0
    for await (const part of request) {
        size += part.length
        if (size > LARGEST_BODY) return null
        parts.push(part)
    }
    return Buffer.concat(parts)
}
