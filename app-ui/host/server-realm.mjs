/**
 * Runs `dist/server.js` (server functions, webhooks, events) and `dist/workflow/*.js` (blocks) of an app. One realm per
 * bundle for the life of the host: modules are loaded at their first call and stay, as in Attio.
 */

import vm from "node:vm"
import {describe, Realm, sharedGlobals} from "./realm.mjs"
import {rootSdk, serverWorkflows} from "./sdk.mjs"

/** Attio's limit, which cannot be configured there either. */
const LIMIT_MS = 30_000

/**
 * @typedef {object} ServerSurroundings
 * @property {Record<string, Record<string, string>>} enums of the SDK
 * @property {string} name
 * @property {boolean} webAssembly
 * @property {Record<string, string>} env
 * @property {string} attioToken
 * @property {(input: string | URL | Request, init?: RequestInit) => Promise<Response>} fetch
 * @property {import("./kv.mjs").Kv} kv
 * @property {import("./handlers.mjs").Handlers} handlers
 * @property {import("./connections.mjs").Connections} connections
 */

export class ServerRealm {
    #realm
    #connections

    /**
     * @param {string} code
     * @param {string} filename
     * @param {ServerSurroundings} surroundings
     */
    constructor(code, filename, surroundings) {
        this.#connections = surroundings.connections
        this.#realm = new Realm(`${surroundings.name} server`, surroundings)
        this.#realm.define({
            ...sharedGlobals(surroundings.name),
            fetch: this.#realm.lendRaw(surroundings.fetch),
            Request,
            Response,
            Headers,
            URL,
            URLSearchParams,
            process: {env: surroundings.env},
            registerSettingsSchema() {},
            ATTIO_ROOT_SDK: rootSdk(surroundings.enums),
            ATTIO_SERVER_APP_SDK: serverSdk(this.#realm, surroundings),
        })
        this.#realm.run(new vm.Script(code, {filename}))
    }

    /** @param {string} fileName */
    hasWebhook(fileName) {
        return this.#realm.globals.webhookModules.has(fileName) === true
    }

    /**
     * @param {string} id such as "app/extensions/send-to-alc/send-lead.server"
     * @param {unknown[]} args
     */
    async callFunction(id, args) {
        return this.#call("stdin_default", id, this.#realm.copy(args))
    }

    /**
     * @param {string} fileName
     * @param {Request} request
     * @returns {Promise<Response>}
     */
    async callWebhook(fileName, request) {
        await this.#connections.refresh()
        const response = await this.#within(() =>
            this.#realm.globals.stdin_webhooks_default(fileName, [request])
        )
        if (response instanceof Response) return response
        throw new Error(`The webhook "${fileName}" answered no Response`)
    }

    /**
     * @param {"connection-added" | "connection-removed"} id
     * @param {unknown} connection
     */
    async callEvent(id, connection) {
        return this.#call("stdin_events_default", id, this.#realm.copy([{connection}]))
    }

    /**
     * @param {string} blockId
     * @param {string} handler "schema", "execute", "activate" or "deactivate"
     * @param {unknown[]} args
     */
    async callBlock(blockId, handler, args) {
        return this.#call("stdin_workflow_block_handlers_default", blockId, handler, this.#realm.copy(args))
    }

    /**
     * @param {string} entry
     * @param {unknown[]} args
     */
    async #call(entry, ...args) {
        await this.#connections.refresh()
        const result = await this.#within(() => this.#realm.globals[entry](...args))
        const json = JSON.stringify(result)
        return json === undefined ? undefined : JSON.parse(json)
    }

    /**
     * Only name, message and code of an error leave the realm, as they would over the wire.
     * @template Value
     * @param {() => Promise<Value>} run
     * @returns {Promise<Value>}
     */
    async #within(run) {
        /** @type {NodeJS.Timeout | undefined} */
        let timer
        const limit = new Promise((_, reject) => {
            timer = setTimeout(
                () =>
                    reject(new Error(`The server function did not answer within ${LIMIT_MS / 1000} seconds`)),
                LIMIT_MS
            )
        })
        try {
            return /** @type {Value} */ (await Promise.race([run(), limit]))
        } catch (error) {
            const {message, ...rest} = describe(error)
            throw Object.assign(new Error(message), rest)
        } finally {
            clearTimeout(timer)
        }
    }
}

/**
 * @param {Realm} realm
 * @param {ServerSurroundings} surroundings
 */
function serverSdk(realm, {attioToken, kv, handlers, connections}) {
    const {get, set, mget, delete: remove} = kv.sdk()
    const lent = Object.entries(handlers.sdk()).map(([name, call]) => [
        name,
        realm.lend(/** @type {(...args: any[]) => Promise<unknown>} */ (call)),
    ])
    const settings = {getSettings: async () => ({}), setSettings: async () => {}}
    return {
        ATTIO_API_TOKEN: attioToken,
        getWorkspaceConnection: () => {
            try {
                return realm.copy(connections.workspaceConnection())
            } catch (error) {
                throw realm.error(error)
            }
        },
        getUserConnection: () => {
            throw realm.error(connections.noUserConnection())
        },
        getCurrentUser: () => realm.copy(connections.currentUser()),
        kv: {get: realm.lend(get), set: realm.lend(set), mget: realm.lend(mget), delete: realm.lend(remove)},
        ...Object.fromEntries(lent),
        Settings: settings,
        Workflows: serverWorkflows(),
    }
}
