/** One Attio app, loaded: its built bundles in their realms, around what Attio would keep for it. */

import {existsSync, mkdirSync, readFileSync} from "node:fs"
import path from "node:path"
import {fileURLToPath} from "node:url"
import {Activity, shown} from "./activity.mjs"
import {AttioJournal} from "./attio-journal.mjs"
import {ClientBundle} from "./client-realm.mjs"
import {Connections} from "./connections.mjs"
import {queryRunner} from "./graphql.mjs"
import {Handlers} from "./handlers.mjs"
import {Kv} from "./kv.mjs"
import {Live} from "./live.mjs"
import {observedFetch} from "./observed-fetch.mjs"
import {AttioRefusal} from "./records.mjs"
import {routedFetch} from "./routing.mjs"
import {sdkEnums} from "./sdk-enums.mjs"
import {ServerRealm} from "./server-realm.mjs"
import {SmsWorld} from "./sms-world.mjs"
import {Storage} from "./storage.mjs"

/** @typedef {import("./options.mjs").Options} Options */

const ATTIO_TIMEOUT_MS = 10_000

export class App {
    #folder
    #options
    #client
    /** @type {ServerRealm} */
    #server
    /** @type {Handlers} */
    #handlers
    #kv
    #journal
    /** @type {Connections} */
    connections
    activity = new Activity()
    live = new Live()
    /** @type {SmsWorld} */
    phones
    /** Reads and writes Attio for the page. @type {import("./records.mjs").Attio} */
    attio
    /** @type {(query: string, variables?: Record<string, unknown>) => Promise<unknown>} */
    runQuery
    /** @type {import("./server-realm.mjs").ServerSurroundings} */
    #surroundings
    /** @type {Map<string, ServerRealm>} by block id, each loaded when it is first asked for */
    #blocks = new Map()

    /**
     * @param {Options} options
     * @param {() => string} publicUrl known only once the host listens
     */
    constructor(options, publicUrl) {
        this.#folder = path.resolve(options.app)
        this.#options = options
        const storage = new Storage(options.data)
        this.#kv = new Kv(storage)
        this.#handlers = new Handlers(storage, publicUrl, (fileName) => this.#server.hasWebhook(fileName))
        this.#journal = new AttioJournal(kept(options, "attio.jsonl"))
        this.phones = new SmsWorld(options.sms, kept(options, "phones.json"))
        const observe = (/** @type {import("./observed-fetch.mjs").Fetch} */ fetch) =>
            observedFetch(fetch, this.activity, (write) => this.#noteWrite(write))
        this.connections = new Connections(
            storage,
            options.oauth,
            publicUrl,
            (event, connection) => this.#runEvent(event, connection),
            observe(fetch)
        )
        this.activity.listen((entry) => this.live.tell({type: "activity", entry}))
        const attioPackage = attioPackageOf(this.#folder)
        const shared = {
            name: nameOf(this.#folder),
            enums: sdkEnums(attioPackage),
            webAssembly: options.webAssembly,
        }
        this.#surroundings = {
            ...shared,
            env: options.env,
            attioToken: options.attioToken,
            fetch: observe(routedFetch(options.routes)),
            kv: this.#kv,
            handlers: this.#handlers,
            connections: this.connections,
        }
        this.#server = this.#load("dist/server.js")
        this.attio = attioClient(options, (write) => this.#noteWrite(write))
        const schema = readFileSync(path.join(attioPackage, "schema.graphql"), "utf8")
        const answer = queryRunner(schema, (asked) => this.attio("GET", asked))
        this.runQuery = (query, variables) =>
            this.activity.record(
                {kind: "query", name: queryName(query), sent: shown(variables)},
                () => answer(query, variables),
                (data) => ({received: shown(data)})
            )
        this.#client = new ClientBundle(...bundle(this.#folder, "dist/index.js"), {
            ...shared,
            callServer: (id, args) => this.callServer(id, args),
            runQuery: this.runQuery,
        })
    }

    /** Brings an Attio that forgets to where it was. To be called before anybody asks for anything. */
    async remember() {
        const base = this.#options.routes.get("api.attio.com") ?? ""
        await this.#journal.tellAgain(base, this.#options.attioToken)
    }

    /** What the page's realm loads, as it was built. */
    clientBundle() {
        const [code] = bundle(this.#folder, "dist/index.js")
        return code
    }

    /** What the page says about this Attio and the app in it. */
    session() {
        const {oauth, person, login} = this.#options
        return {
            app: {name: this.#surroundings.name, description: descriptionOf(this.#folder)},
            enums: this.#surroundings.enums,
            person,
            provider: oauth === null ? null : new URL(oauth.authorizeUrl).origin,
            login: oauth === null ? null : login,
            connection: this.connections.describe(),
            refusal: this.connections.refusal,
            handlers: this.#handlers.list().map(({id, fileName}) => ({id, fileName})),
            hasPhones: this.phones.isThere,
            isRemembered: this.#options.remember !== null,
        }
    }

    /**
     * A server function, called from the page or from the headless client.
     * @param {string} id
     * @param {unknown[]} args
     */
    async callServer(id, args) {
        return this.activity.record(
            {kind: "server-function", name: id, sent: shown(args)},
            () => this.#server.callFunction(id, args),
            (value) => ({received: shown(value)})
        )
    }

    /**
     * @param {string} extensionId
     * @param {{recordId: string, object: string}} record
     */
    async pressAction(extensionId, record) {
        return this.#client.press(extensionId, record)
    }

    /**
     * @param {string} handlerId
     * @param {Request} request
     * @returns {Promise<Response | null>} null when there is no such handler
     */
    async receive(handlerId, request) {
        const fileName = this.#handlers.fileNameOf(handlerId)
        if (fileName === null) return null
        const sent = shown(await request.clone().text())
        return this.activity.record(
            {kind: "webhook", name: fileName, sent},
            () => this.#server.callWebhook(fileName, request),
            (response) => ({status: response.status, ok: response.ok})
        )
    }

    /**
     * A step or trigger of a workflow.
     * @param {string} blockId
     * @param {string} handler "schema", "execute", "activate" or "deactivate"
     * @param {unknown} config
     * @param {unknown} metadata
     * @returns {Promise<{result: unknown} | null>} null when there is no such block
     */
    async runBlock(blockId, handler, config, metadata) {
        const file = `dist/workflow/${blockId}.js`
        if (!/^[a-z][a-z0-9-]*$/.test(blockId) || !existsSync(path.join(this.#folder, file))) return null
        const block = this.#blocks.get(blockId) ?? this.#load(file)
        this.#blocks.set(blockId, block)
        return this.activity.record({kind: "block", name: `${blockId} ${handler}`}, async () => ({
            result: await block.callBlock(blockId, handler, [config, metadata]),
        }))
    }

    describe() {
        return {
            connection: this.connections.describe(),
            handlers: this.#handlers.list(),
            kv: this.#kv.snapshot(),
        }
    }

    /**
     * @param {"connection-added" | "connection-removed"} event
     * @param {unknown} connection
     */
    async #runEvent(event, connection) {
        const run = () => this.#server.callEvent(event, connection)
        return this.activity.record({kind: "event", name: event}, run)
    }

    /** @param {import("./observed-fetch.mjs").AttioWrite} write */
    #noteWrite(write) {
        this.#journal.keep(write)
        const [, , , object, part, record] = write.path.split("/")
        if (part === "attributes") this.live.tell({type: "attributes"})
        if (part === "records" && record !== undefined && record !== "query") {
            this.live.tell({type: "record", object, id: record})
        }
    }

    /** @param {string} file */
    #load(file) {
        return new ServerRealm(...bundle(this.#folder, file), this.#surroundings)
    }
}

/** @param {string} folder */
function nameOf(folder) {
    return manifest(folder).name ?? path.basename(folder)
}

/** @param {string} folder */
function descriptionOf(folder) {
    return manifest(folder).description ?? ""
}

/**
 * @param {string} folder
 * @returns {{name?: string, description?: string}}
 */
function manifest(folder) {
    const file = path.join(folder, "package.json")
    return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {}
}

/**
 * @param {Options} options
 * @param {string} name
 */
function kept({remember}, name) {
    if (remember === null) return null
    mkdirSync(remember, {recursive: true})
    return path.join(remember, name)
}

/**
 * @param {string} folder
 * @param {string} file
 * @returns {[code: string, filename: string]}
 */
function bundle(folder, file) {
    const found = path.join(folder, file)
    if (!existsSync(found)) throw new Error(`${found} is missing: run "attio build" in ${folder} first`)
    return [readFileSync(found, "utf8"), found]
}

/**
 * The app's own, or the host's for an app that has no packages installed.
 * @param {string} folder
 */
function attioPackageOf(folder) {
    const own = path.join(folder, "node_modules/attio")
    return existsSync(own) ? own : fileURLToPath(new URL("../node_modules/attio", import.meta.url))
}

/**
 * The operation's name, or the first field it asks for.
 * @param {string} query
 */
function queryName(query) {
    return /\bquery\s+(\w+)/.exec(query)?.[1] ?? /\{\s*(\w+)/.exec(query)?.[1] ?? "query"
}

/**
 * @param {Options} options
 * @param {(write: import("./observed-fetch.mjs").AttioWrite) => void} onWrite
 * @returns {import("./records.mjs").Attio}
 */
function attioClient({routes, attioToken}, onWrite) {
    const base = routes.get("api.attio.com")
    return async (method, asked, sent) => {
        const body = sent === undefined ? null : JSON.stringify(sent)
        const response = await fetch(`${base}/v2${asked}`, {
            method,
            headers: {
                authorization: `Bearer ${attioToken}`,
                ...(body === null ? {} : {"content-type": "application/json"}),
            },
            body,
            signal: AbortSignal.timeout(ATTIO_TIMEOUT_MS),
        })
        if (response.status === 404) return null
        /** @type {any} */
        const answer = await response.json().catch(() => ({}))
        if (!response.ok) {
            const why = answer.message ?? `Attio answered ${response.status} to ${method} /v2${asked}`
            throw new AttioRefusal(response.status, why, answer.validation_errors)
        }
        if (body !== null && (method === "PUT" || method === "PATCH")) {
            onWrite({method, path: `/v2${asked}`, body})
        }
        // GET /v2/self is the one answer without a wrapper.
        return "data" in answer ? answer.data : answer
    }
}
