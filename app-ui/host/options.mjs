/** The command line of the host: what it reads, what it refuses, and what it says then. */

import {parseArgs} from "node:util"

/**
 * @typedef {object} OAuthClient The app's workspace connection at its provider, as Attio's dashboard would hold it.
 * @property {string} clientId
 * @property {string} clientSecret
 * @property {string} authorizeUrl
 * @property {string} tokenUrl
 * @property {string} issuer what the provider calls itself (RFC 9207), "none" for providers that do not say
 * @property {string | null} scope
 */

/**
 * @typedef {object} Options
 * @property {string} app folder of the built app
 * @property {string} hostname
 * @property {number} port
 * @property {string | null} publicUrl where the outside reaches this host; null: where it listens
 * @property {string} attioToken
 * @property {Map<string, string>} routes host name → base URL of the local stand-in
 * @property {Record<string, string>} env the app's `process.env`
 * @property {OAuthClient | null} oauth
 * @property {string | null} data file that outlives the host
 * @property {boolean} webAssembly
 * @property {string | null} sms the local SMS gateway, with a phone at every number
 * @property {string | null} remember folder in which to keep what Attio and the gateway forget when they end
 * @property {string} person who uses this Attio
 * @property {{email: string, password: string} | null} login what the provider's login page takes, to be shown
 */

export const USAGE = `node host/main.mjs --app DIR --attio URL [options]

  --app DIR                    an Attio app, built ("attio build"): dist/index.js, dist/server.js
  --attio URL                  the Attio REST API to use (api.attio.com is routed there)
  --attio-token TOKEN          what the app gets as ATTIO_API_TOKEN (default local-attio-token)
  --listen HOST:PORT           default 127.0.0.1:0, which picks a port
  --public-url URL             where others reach this host (default: where it listens)
  --route NAME=URL             send the app's requests to host NAME to URL instead; repeatable
  --env KEY=VALUE              the app's process.env; repeatable
  --client-id, --client-secret, --authorize-url, --token-url
                               the app's workspace connection (OAuth 2.0 with PKCE); all four or none
  --issuer URL                 the provider's issuer (default: origin of --authorize-url; "none": it names none)
  --scope "A B"                scopes to ask for (default: the provider's own)
  --data FILE                  keep connection, kv and handlers across restarts
  --without-webassembly        a realm that has no WebAssembly
  --sms URL                    a local SMS gateway: the page shows each person's phone beside the record
  --remember DIR               Attio and the gateway are in memory: keep what they forget, and tell Attio again
  --person NAME                who uses this Attio (default Ada Lovelace)
  --login EMAIL=PASSWORD       shown on the connection screen; for a provider that is a local stand-in
`

/** The message names the option and what to write instead. */
export class BadOption extends Error {}

/**
 * @param {string[]} args
 * @returns {Options}
 */
export function readOptions(args) {
    const given = parse(args)
    const attio = baseUrl("--attio", required("--attio", given.attio))
    const {hostname, port} = listenAddress(given.listen)
    return {
        app: required("--app", given.app),
        hostname,
        port,
        publicUrl: given["public-url"] === undefined ? null : baseUrl("--public-url", given["public-url"]),
        attioToken: given["attio-token"],
        routes: new Map([["api.attio.com", attio], ...pairs("--route", given.route).map(asRoute)]),
        env: Object.fromEntries(pairs("--env", given.env)),
        oauth: oauthClient(given),
        data: given.data ?? null,
        webAssembly: !given["without-webassembly"],
        sms: given.sms === undefined ? null : baseUrl("--sms", given.sms),
        remember: given.remember ?? null,
        person: given.person,
        login: login(given.login),
    }
}

/** @param {string[]} args */
function parse(args) {
    try {
        return parseArgs({
            args,
            options: {
                app: {type: "string"},
                listen: {type: "string", default: "127.0.0.1:0"},
                attio: {type: "string"},
                "attio-token": {type: "string", default: "local-attio-token"},
                "public-url": {type: "string"},
                route: {type: "string", multiple: true, default: []},
                env: {type: "string", multiple: true, default: []},
                "client-id": {type: "string"},
                "client-secret": {type: "string"},
                "authorize-url": {type: "string"},
                "token-url": {type: "string"},
                issuer: {type: "string"},
                scope: {type: "string"},
                data: {type: "string"},
                "without-webassembly": {type: "boolean", default: false},
                sms: {type: "string"},
                remember: {type: "string"},
                person: {type: "string", default: "Ada Lovelace"},
                login: {type: "string"},
            },
        }).values
    } catch (error) {
        throw new BadOption(error instanceof Error ? error.message : String(error))
    }
}

/**
 * @param {ReturnType<typeof parse>} given
 * @returns {OAuthClient | null}
 */
function oauthClient(given) {
    const parts = /** @type {const} */ (["client-id", "client-secret", "authorize-url", "token-url"])
    if (parts.every((part) => given[part] === undefined)) return null
    const [clientId, clientSecret, authorizeUrl, tokenUrl] = parts.map((part) =>
        required(`--${part}`, given[part])
    )
    const origin = new URL(baseUrl("--authorize-url", authorizeUrl)).origin
    baseUrl("--token-url", tokenUrl)
    const issuer = given.issuer ?? origin
    return {clientId, clientSecret, authorizeUrl, tokenUrl, issuer, scope: given.scope ?? null}
}

/**
 * @param {string} option
 * @param {string | undefined} value
 */
function required(option, value) {
    if (value === undefined || value === "") throw new BadOption(`${option} is missing`)
    return value
}

/**
 * @param {string} option
 * @param {string} text
 * @returns {string} without a slash at its end
 */
function baseUrl(option, text) {
    const isHttp = URL.canParse(text) && ["http:", "https:"].includes(new URL(text).protocol)
    if (!isHttp) throw new BadOption(`${option} must be an http(s) URL, not "${text}"`)
    return text.replace(/\/+$/, "")
}

/**
 * @param {string} option
 * @param {string[]} texts
 * @returns {[string, string][]}
 */
function pairs(option, texts) {
    return texts.map((text) => {
        const at = text.indexOf("=")
        if (at < 1) throw new BadOption(`${option} must be written NAME=VALUE, not "${text}"`)
        return [text.slice(0, at), text.slice(at + 1)]
    })
}

/**
 * @param {[string, string]} pair
 * @returns {[string, string]}
 */
function asRoute([name, url]) {
    return [name.toLowerCase(), baseUrl("--route", url)]
}

/** @param {string | undefined} text */
function login(text) {
    if (text === undefined) return null
    const [[email, password]] = pairs("--login", [text])
    return {email, password}
}

/** @param {string} text */
function listenAddress(text) {
    const found = /^(.+):(\d{1,5})$/.exec(text)
    if (found === null) throw new BadOption(`--listen must be HOST:PORT, not "${text}"`)
    return {hostname: found[1].replace(/^\[|\]$/g, ""), port: Number(found[2])}
}
