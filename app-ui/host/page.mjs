/**
 * The host's face: Attio's pages for a person in front of them. The files come from `dist/` (`npm run build:host`), what
 * they show from the addresses below.
 */

import {existsSync, readFileSync} from "node:fs"
import {fileURLToPath} from "node:url"
import {json, refusal} from "./answer.mjs"
import {describe} from "./realm.mjs"
import {AttioRefusal, listPeople, readPerson, writeAttribute} from "./records.mjs"

/** @typedef {import("./app.mjs").App} App */
/** @typedef {import("./answer.mjs").Answer} Answer */

const DIST = fileURLToPath(new URL("./dist/", import.meta.url))

/** Nothing from elsewhere, nothing inline. Scripts of the app run in the worker, whose own policy is narrower. */
const PAGE_POLICY = [
    "default-src 'none'",
    ...["script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'"],
    ...["worker-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
].join("; ")

/** The app's code may load itself and reach nothing: no network but the calls it is lent. */
const REALM_POLICY = "default-src 'none'; script-src 'self'"

const SHARED_HEADERS = {
    "cache-control": "no-cache",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}

/** @type {Record<string, [type: string, policy: string]>} */
const FILES = {
    "page.js": ["text/javascript; charset=utf-8", PAGE_POLICY],
    "page.css": ["text/css; charset=utf-8", PAGE_POLICY],
    "realm.js": ["text/javascript; charset=utf-8", REALM_POLICY],
    "icon.svg": ["image/svg+xml", PAGE_POLICY],
}

/**
 * @param {App} app
 * @param {string} method
 * @param {URL} url
 * @param {Buffer} body
 * @returns {Promise<Answer | null>} null when this is none of the page's business
 */
export async function answerPage(app, method, url, body) {
    const [, first, ...rest] = url.pathname.split("/").map((part) => decoded(part))
    switch (first) {
        case "":
        case "people":
        case "apps":
        case "activity":
            return method === "GET" ? index() : null
        case "assets": {
            const [type, policy] = FILES[rest.join("/")] ?? []
            return type === undefined ? null : file(rest[0], type, policy)
        }
        case "app":
            return rest.join("/") === "index.js"
                ? bytes(app.clientBundle(), "text/javascript; charset=utf-8", REALM_POLICY)
                : null
        case "page":
            return data(app, `${method} ${rest[0] ?? ""}`, rest.slice(1), url.searchParams, json(body))
        case "sms-world":
            return phone(app, method, rest, json(body))
        default:
            return null
    }
}

/** For people who look for what is not there: the page says so, and leads on. */
export function pageOfNothing() {
    return {...index(), status: 404}
}

/**
 * @param {App} app
 * @param {string} what
 * @param {string[]} rest
 * @param {URLSearchParams} query
 * @param {any} body
 * @returns {Promise<Answer | null>}
 */
async function data(app, what, rest, query, body) {
    try {
        switch (what) {
            case "GET session":
                return {status: 200, body: {...app.session(), workspace: await workspaceName(app)}}
            case "GET people":
                return await people(app, rest)
            case "PUT people":
                return await correct(app, rest, body)
            case "GET activity":
                return {status: 200, body: app.activity.entries}
            case "GET events":
                return {
                    status: 200,
                    stream: (response) => app.live.follow(app, query.get("phone"), response),
                }
            case "POST queries":
                return await lent(() => app.runQuery(String(body?.query), body?.variables))
            case "POST server-functions":
                return await lent(() => app.callServer(String(body?.id), body?.args ?? []))
            default:
                return null
        }
    } catch (error) {
        if (error instanceof AttioRefusal) return refusal(error.status, "attio_refused", error.message)
        if (error instanceof Error && (error.name === "TimeoutError" || error.message === "fetch failed")) {
            return refusal(502, "attio_unreachable", "The local Attio does not answer. Is it still running?")
        }
        throw error
    }
}

/**
 * @param {App} app
 * @param {string[]} rest
 * @returns {Promise<Answer>}
 */
async function people(app, [id]) {
    if (id === undefined) return {status: 200, body: await listPeople(app.attio)}
    const person = await readPerson(app.attio, id)
    if (person === null) return refusal(404, "person_unknown", "This person does not exist, or not any more")
    return {status: 200, body: person}
}

/**
 * @param {App} app
 * @param {string[]} rest
 * @param {any} body
 * @returns {Promise<Answer>}
 */
async function correct(app, [id, slug], body) {
    const typed = body?.values
    if (!Array.isArray(typed) || !typed.every((text) => typeof text === "string")) {
        return refusal(400, "values_missing", 'Send {"values": ["…"]}')
    }
    await writeAttribute(app.attio, id, slug, typed)
    return people(app, [id])
}

/**
 * A call the app's code makes from its realm in the browser: what it throws there is thrown again, by name and code.
 * @param {() => Promise<unknown>} call
 * @returns {Promise<Answer>}
 */
async function lent(call) {
    try {
        return {status: 200, body: {value: (await call()) ?? null, error: null}}
    } catch (error) {
        return {status: 200, body: {value: null, error: describe(error)}}
    }
}

/**
 * @param {App} app
 * @param {string} method
 * @param {string[]} path
 * @param {any} body
 * @returns {Promise<Answer | null>}
 */
async function phone(app, method, [collection, number, verb], body) {
    if (collection !== "phones" || number === undefined) return null
    if (!app.phones.isThere) return refusal(404, "no_phones", "Start the host with --sms to have phones")
    if (method === "GET" && verb === undefined) {
        const texts = await app.phones.thread(number)
        if (texts === null) return refusal(502, "sms_unreachable", "The local SMS gateway does not answer")
        return {status: 200, body: {messages: texts}}
    }
    if (method !== "POST" || verb !== "reply") return null
    if (typeof body?.body !== "string" || body.body.trim() === "") {
        return refusal(400, "body_missing", 'Send {"body": "the answer"}')
    }
    const {status, message} = await app.phones.reply(number, body.body)
    return message === null ? {status, body: {}} : refusal(status, "reply_refused", message)
}

function index() {
    return file("index.html", "text/html; charset=utf-8", PAGE_POLICY)
}

/** @param {App} app */
async function workspaceName(app) {
    const self = await app.attio("GET", "/self")
    return self?.workspace_name ?? "Attio"
}

/**
 * @param {string} name
 * @param {string} type
 * @param {string} policy
 * @returns {Answer}
 */
function file(name, type, policy) {
    if (!existsSync(`${DIST}${name}`)) {
        return refusal(503, "page_not_built", "The page is not built yet: run `npm run build:host` in app-ui")
    }
    return bytes(readFileSync(`${DIST}${name}`), type, policy)
}

/**
 * @param {string | Buffer} content
 * @param {string} type
 * @param {string} policy
 * @returns {Answer}
 */
function bytes(content, type, policy) {
    const headers = {...SHARED_HEADERS, "content-type": type, "content-security-policy": policy}
    return {status: 200, headers, body: typeof content === "string" ? Buffer.from(content) : content}
}

/** @param {string} part of a path */
function decoded(part) {
    try {
        return decodeURIComponent(part)
    } catch {
        return part
    }
}
