/** The app's webhook handlers: which file runs at which address. */

import {randomUUID} from "node:crypto"

/** @typedef {import("./storage.mjs").Storage} Storage */
/** @typedef {import("./storage.mjs").Handler} Handler */

export class Handlers {
    #storage
    #publicUrl
    #knows

    /**
     * @param {Storage} storage
     * @param {() => string} publicUrl known only once the host listens
     * @param {(fileName: string) => boolean} knows whether the app has such a webhook file
     */
    constructor(storage, publicUrl, knows) {
        this.#storage = storage
        this.#publicUrl = publicUrl
        this.#knows = knows
    }

    /** What a realm sees of it. */
    sdk() {
        return {
            /** @param {{fileName: string}} options */
            createWebhookHandler: async ({fileName}) => this.#create(fileName),
            listWebhookHandlers: async () => this.list(),
            /** @param {string} id */
            getWebhookHandler: async (id) => this.#shown(this.#find(id)),
            /**
             * @param {string} id
             * @param {{externalWebhookId: string}} changes
             */
            updateWebhookHandler: async (id, {externalWebhookId}) => {
                this.#find(id)
                this.#storage.change(({handlers}) => {
                    handlers[id].externalWebhookId = externalWebhookId
                })
            },
            /** @param {string} id */
            deleteWebhookHandler: async (id) => {
                this.#find(id)
                this.#storage.change(({handlers}) => delete handlers[id])
            },
        }
    }

    list() {
        return Object.values(this.#storage.now.handlers).map((handler) => this.#shown(handler))
    }

    /**
     * @param {string} id
     * @returns {string | null}
     */
    fileNameOf(id) {
        return Object.hasOwn(this.#storage.now.handlers, id) ? this.#storage.now.handlers[id].fileName : null
    }

    /** @param {string} fileName */
    #create(fileName) {
        if (!this.#knows(fileName)) {
            throw new Error(
                `The app has no webhook "${fileName}": there is no webhooks/${fileName}.webhook.ts`
            )
        }
        const handler = {id: randomUUID(), fileName, externalWebhookId: null}
        this.#storage.change(({handlers}) => {
            handlers[handler.id] = handler
        })
        return this.#shown(handler)
    }

    /** @param {string} id */
    #find(id) {
        if (!Object.hasOwn(this.#storage.now.handlers, id))
            throw new Error(`There is no webhook handler ${id}`)
        return this.#storage.now.handlers[id]
    }

    /** @param {Handler} handler */
    #shown(handler) {
        return {...handler, url: `${this.#publicUrl()}/hooks/${handler.id}`}
    }
}
