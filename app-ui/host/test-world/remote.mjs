/** A tiny remote system for tests: answers what a test tells it to, and writes down what it was asked. */

import {createServer} from "node:http"

/** @typedef {{method: string, path: string, query: URLSearchParams, headers: import("node:http").IncomingHttpHeaders, body: any}} Asked */
/** @typedef {{status?: number, headers?: Record<string, string>, json?: unknown}} Reply */
/** @typedef {(asked: Asked) => Reply | undefined | Promise<Reply | undefined>} Answer */

export class Remote {
    /** @type {Asked[]} */
    asked = []
    /** @type {Answer[]} tried before the ordinary answer; undefined passes on */
    #special = []
    #answer
    #server

    /** @param {Answer} answer */
    constructor(answer) {
        this.#answer = answer
        this.#server = createServer((request, response) => {
            this.#serve(request).then(({status = 200, headers = {}, json}) => {
                response.writeHead(status, {"content-type": "application/json", ...headers})
                response.end(json === undefined ? undefined : JSON.stringify(json))
            })
        })
    }

    /** @returns {Promise<Remote>} */
    async listen() {
        await new Promise((resolve) => this.#server.listen(0, "127.0.0.1", () => resolve(undefined)))
        return this
    }

    get url() {
        const address = this.#server.address()
        return typeof address === "object" && address !== null ? `http://127.0.0.1:${address.port}` : ""
    }

    /**
     * The next request that matches gets this answer, instead of the ordinary one.
     * @param {string} method
     * @param {string} path part of the path
     * @param {Reply | (() => Reply | Promise<Reply>)} reply
     */
    once(method, path, reply) {
        /** @type {(asked: Asked) => Promise<Reply | undefined>} */
        const special = async (asked) => {
            if (asked.method !== method || !asked.path.includes(path)) return undefined
            this.#special.splice(this.#special.indexOf(special), 1)
            return typeof reply === "function" ? reply() : reply
        }
        this.#special.push(special)
    }

    /**
     * @param {string} method
     * @param {string} path part of the path
     */
    askedFor(method, path) {
        return this.asked.filter((each) => each.method === method && each.path.includes(path))
    }

    close() {
        this.#server.closeAllConnections()
        return new Promise((resolve) => this.#server.close(() => resolve(undefined)))
    }

    /** @param {import("node:http").IncomingMessage} request */
    async #serve(request) {
        const url = new URL(request.url ?? "/", "http://remote")
        let text = ""
        for await (const part of request) text += part
        const isJson = request.headers["content-type"] === "application/json"
        const asked = {
            method: request.method ?? "",
            path: url.pathname,
            query: url.searchParams,
            headers: request.headers,
            body: isJson ? JSON.parse(text) : text,
        }
        this.asked.push(asked)
        for (const special of [...this.#special]) {
            const reply = await special(asked)
            if (reply !== undefined) return reply
        }
        return (await this.#answer(asked)) ?? {status: 404, json: {code: "not_found", message: asked.path}}
    }
}
