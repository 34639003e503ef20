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
    #folder
    #client
    /** @type {ServerRealm} */
    #server
    /** @type {Handlers} */
    #handlers
    #kv
    /** @type {Connections} */
    connections
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
        const storage = new Storage(options.data)
        this.#kv = new Kv(storage)
        this.#handlers = new Handlers(storage, publicUrl, (fileName) => this.#server.hasWebhook(fileName))
        this.connections = new Connections(storage, options.oauth, publicUrl, (event, connection) =>
            this.#server.callEvent(event, connection)
        )
        const shared = {
            name: nameOf(this.#folder),
            attioPackage: attioPackageOf(this.#folder),
            webAssembly: options.webAssembly,
        }
        this.#surroundings = {
            ...shared,
            env: options.env,
            attioToken: options.attioToken,
            fetch: routedFetch(options.routes),
            kv: this.#kv,
            handlers: this.#handlers,
            connections: this.connections,
        }
        this.#server = this.#load("dist/server.js")
        const schema = readFileSync(path.join(shared.attioPackage, "schema.graphql"), "utf8")
        this.#client = new ClientBundle(...bundle(this.#folder, "dist/index.js"), {
            ...shared,
            callServer: (id, args) => this.#server.callFunction(id, args),
            runQuery: queryRunner(schema, attioReader(options)),
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
        return {result: await block.callBlock(blockId, handler, [config, metadata])}
    }

    describe() {
        return {
            connection: this.connections.describe(),
            handlers: this.#handlers.list(),
            kv: this.#kv.snapshot(),
        }
    }

    /** @param {string} file */
    #load(file) {
        return new ServerRealm(...bundle(this.#folder, file), this.#surroundings)
    }
}

/** @param {string} folder */
function nameOf(folder) {
    const file = path.join(folder, "package.json")
    return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).name : path.basename(folder)
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
