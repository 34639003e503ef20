/**
 * Runs `dist/index.js`, the part of an app that lives in the person's browser: no network, no page. Each press of a
 * button gets a realm of its own, like a freshly opened record, and what it showed is written down.
 */

import vm from "node:vm"
import * as React from "react"
import {describe, Realm, sharedGlobals} from "./realm.mjs"
import {clientSdk, rootSdk} from "./sdk.mjs"
import {isOfferedOn} from "./surfaces.mjs"

/**
 * @typedef {object} Shown
 * @property {{title: string, variant: string, hidden: boolean, [option: string]: unknown}[]} toasts
 * @property {{title: string, text: string, okLabel?: string}[]} alerts
 * @property {Record<string, unknown>[]} confirms answered with yes
 * @property {{title: string}[]} dialogs opened and not rendered
 * @property {{id: string, ms: number, ok: boolean}[]} serverCalls
 * @property {{name: string, message: string} | null} error what the action threw
 */

/** @typedef {import("./surfaces.mjs").Surface} Surface */

/**
 * @typedef {object} ClientSurroundings
 * @property {Record<string, Record<string, string>>} enums of the SDK
 * @property {string} name
 * @property {boolean} webAssembly
 * @property {(id: string, args: unknown[]) => Promise<unknown>} callServer
 * @property {(query: string, variables: Record<string, unknown> | undefined) => Promise<unknown>} runQuery
 */

export class ClientBundle {
    #script
    #surroundings
    #rootSdk

    /**
     * @param {string} code
     * @param {string} filename
     * @param {ClientSurroundings} surroundings
     */
    constructor(code, filename, surroundings) {
        this.#script = new vm.Script(code, {filename})
        this.#surroundings = surroundings
        this.#rootSdk = rootSdk(surroundings.enums)
    }

    /**
     * @param {string} extensionId
     * @param {{recordId: string, object: string}} record
     * @returns {Promise<Shown | null>} null when the app has no such record action
     */
    async press(extensionId, record) {
        /** @type {Shown} */
        const shown = {toasts: [], alerts: [], confirms: [], dialogs: [], serverCalls: [], error: null}
        const {realm, surfaces} = this.#open(shown)
        const action = (surfaces["record-action"] ?? []).find(({id}) => id === extensionId)
        if (action === undefined) return null
        if (!isOfferedOn(action, record.object)) {
            shown.error = {
                name: "NotOffered",
                message: `The action "${extensionId}" is not offered on ${record.object}`,
            }
            return shown
        }
        try {
            await action.onTrigger(realm.copy(record))
        } catch (error) {
            const {name, message} = describe(error)
            shown.error = {name, message}
        }
        return shown
    }

    /** @param {Shown} shown */
    #open(shown) {
        const {name, runQuery} = this.#surroundings
        const realm = new Realm(`${name} client`, this.#surroundings)
        /** @type {Record<string, Surface[]>} */
        let surfaces = {}
        realm.define({
            ...sharedGlobals(name),
            React,
            window: {open() {}},
            registerSettingsSchema() {},
            registerSurfaces: (/** @type {Record<string, Surface[]>} */ registered) => {
                surfaces = registered
            },
            runServerFunction: realm.lend((/** @type {string} */ id, /** @type {unknown[]} */ args) =>
                this.#callServer(shown, id, args)
            ),
            ATTIO_ROOT_SDK: this.#rootSdk,
            // Headless, components render nothing.
            ATTIO_CLIENT_EXTENSION_SDK: clientSdk(
                {...screen(realm, shown), runQuery: realm.lend(runQuery)},
                () => null
            ),
        })
        realm.run(this.#script)
        return {realm, surfaces}
    }

    /**
     * @param {Shown} shown
     * @param {string} id
     * @param {unknown[]} args
     */
    async #callServer(shown, id, args) {
        const since = performance.now()
        let ok = false
        try {
            const result = await this.#surroundings.callServer(id, args)
            ok = true
            return result
        } finally {
            shown.serverCalls.push({id, ms: Math.round((performance.now() - since) * 10) / 10, ok})
        }
    }
}

/**
 * The calls that show something. Nobody sits in front of a headless host: alerts are dismissed and questions answered
 * with yes as soon as they appear.
 * @param {Realm} realm
 * @param {Shown} shown
 */
function screen(realm, shown) {
    return {
        alert: async (/** @type {Shown["alerts"][number]} */ options) => {
            shown.alerts.push({...options})
        },
        confirm: async (/** @type {Record<string, unknown>} */ options) => {
            shown.confirms.push({...options})
            return true
        },
        showDialog: async (/** @type {{title: string}} */ {title}) => {
            shown.dialogs.push({title})
        },
        showIframe: async () => {
            throw realm.error(new Error("showIframe is not available in the headless host"))
        },
        showToast: async (/** @type {{title: string, variant: string}} */ options) => {
            const toast = {
                ...withoutFunctions(options),
                title: options.title,
                variant: options.variant,
                hidden: false,
            }
            shown.toasts.push(toast)
            const update = async (/** @type {Record<string, unknown>} */ changes) => {
                Object.assign(toast, withoutFunctions(changes))
            }
            return {
                hideToast: async () => {
                    toast.hidden = true
                },
                updateToast: update,
                upsertToast: async (/** @type {Record<string, unknown>} */ changes) => {
                    toast.hidden = false
                    await update(changes)
                },
            }
        },
    }
}

/** @param {Record<string, unknown>} options */
function withoutFunctions(options) {
    return JSON.parse(JSON.stringify(options))
}
