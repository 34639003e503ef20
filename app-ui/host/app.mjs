/** One Attio app, loaded: its built bundles in their realms, around what Attio would keep for it. */

import {existsSync, readFileSync} from "node:fs"
import path from "node:path"
import {fileURLToPath} from "node:url"
import {ClientBundle} from "./client-realm.mjs"
import {Connections} from "./connections.mjs"
import {queryRunner} from "./graphql.mjs"
import {Handlers} from "./handlers.mjs"
import {Kv} from "./kv.mjs"
import {routedFetch} from "./routing.mjs"
import {ServerRealm} from "./server-realm.mjs"
import {Storage} from "./storage.mjs"

/** @typedef {import("./options.mjs").Options} Options */

const ATTIO_TIMEOUT_MS = 10_000

export class App {
    #client
    /** @type {ServerRealm} */
    #server
    /** @type {Handlers} */
    #handlers
    #kv
    /** @type {Connections} */
    connections

    /**
     * @param {Options} options
     * @param {() => string} publicUrl known only once the host listens
     */
    constructor(options, publicUrl) {
        const app = path.resolve(options.app)
        const name = nameOf(app)
        const storage = new Storage(options.data)
        this.#kv = new Kv(storage)
        this.#handlers = new Handlers(storage, publicUrl, (fileName) => this.#server.hasWebhook(fileName))
        this.connections = new Connections(storage, options.oauth, publicUrl, (event, connection) =>
            this.#server.callEvent(event, connection)
        )
        this.#server = new ServerRealm(bundle(app, "server.js"), path.join(app, "dist/server.js"), {
            ...options,
            app,
            name,
            fetch: routedFetch(options.routes),
            kv: this.#kv,
            handlers: this.#handlers,
            connections: this.connections,
        })
        this.#client = new ClientBundle(bundle(app, "index.js"), path.join(app, "dist/index.js"), {
            app,
            name,
            webAssembly: options.webAssembly,
            callServer: (id, args) => this.#server.callFunction(id, args),
            runQuery: queryRunner(schemaOf(app), attioReader(options)),
        })
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
        return fileName === null ? null : this.#server.callWebhook(fileName, request)
    }

    describe() {
        return {
            connection: this.connections.describe(),
            handlers: this.#handlers.list(),
            kv: this.#kv.snapshot(),
        }
    }
}

/** @param {string} app */
function nameOf(app) {
    const file = path.join(app, "package.json")
    return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).name : path.basename(app)
}

/**
 * @param {string} app
 * @param {string} file
 */
function bundle(app, file) {
    const found = path.join(app, "dist", file)
    if (!existsSync(found))
        throw new Error(`${found} is missing: build the app first ("npm run build" in ${app})`)
    return readFileSync(found, "utf8")
}

/**
 * The app's own schema, or the host's when the app has no packages installed beside it.
 * @param {string} app
 */
function schemaOf(app) {
    const own = path.join(app, "node_modules/attio/schema.graphql")
    const ours = fileURLToPath(new URL("../node_modules/attio/schema.graphql", import.meta.url))
    return readFileSync(existsSync(own) ? own : ours, "utf8")
}

/**
 * @param {Options} options
 * @returns {import("./graphql.mjs").AskAttio}
 */
function attioReader({routes, attioToken}) {
    const base = routes.get("api.attio.com")
    return async (asked) => {
        const response = await fetch(`${base}/v2${asked}`, {
            headers: {authorization: `Bearer ${attioToken}`},
            signal: AbortSignal.timeout(ATTIO_TIMEOUT_MS),
        })
        if (response.status === 404) return null
        if (!response.ok) throw new Error(`Attio answered ${response.status} to GET /v2${asked}`)
        /** @type {any} */
        const answer = await response.json()
        // GET /v2/self is the one answer without a wrapper.
        return "data" in answer ? answer.data : answer
    }
}
