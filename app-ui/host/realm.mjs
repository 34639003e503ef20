/**
 * A bare JavaScript realm (`node:vm`) for a bundle: the language's own globals and what the host puts in, nothing of
 * Node. It keeps a bundle honest about what it needs; it is no security boundary, so run only apps you trust.
 */

import vm from "node:vm"

export class Realm {
    #context
    /** @type {(json: string) => unknown} */
    #parse
    /** @type {(name: string, message: string, code: string | undefined) => Error} */
    #makeError

    /**
     * @param {string} name shown in stack traces
     * @param {{webAssembly: boolean}} options
     */
    constructor(name, {webAssembly}) {
        this.#context = vm.createContext({}, {name, codeGeneration: {strings: false, wasm: webAssembly}})
        if (!webAssembly) delete this.globals.WebAssembly
        this.#parse = vm.runInContext("(json) => JSON.parse(json)", this.#context)
        this.#makeError = vm.runInContext(
            `(name, message, code) => {
                const error = new Error(message)
                Object.defineProperty(error, "name", {value: name, configurable: true, writable: true})
                return code === undefined ? error : Object.assign(error, {code})
            }`,
            this.#context
        )
    }

    /** The realm's global object, which is also where a bundle leaves what it exports. */
    get globals() {
        return /** @type {Record<string, any>} */ (vm.runInContext("globalThis", this.#context))
    }

    /** @param {vm.Script} script */
    run(script) {
        script.runInContext(this.#context)
    }

    /** @param {Record<string, unknown>} names */
    define(names) {
        Object.assign(this.globals, names)
    }

    /**
     * A copy made of the realm's own objects, so that `instanceof Array` and the like hold in there.
     * @param {unknown} value
     */
    copy(value) {
        const json = JSON.stringify(value)
        return json === undefined ? undefined : this.#parse(json)
    }

    /**
     * The host's error as one of the realm's own.
     * @param {unknown} error
     */
    error(error) {
        const {name, message, code} = describe(error)
        return this.#makeError(name, message, code)
    }

    /**
     * A host function as the realm may call it: what it returns is copied, what it throws is translated.
     * @template {unknown[]} Args
     * @param {(...args: Args) => Promise<unknown>} call
     * @returns {(...args: Args) => Promise<any>}
     */
    lend(call) {
        return (...args) => call(...args).then((value) => this.copy(value), this.#rethrow)
    }

    /**
     * The same for what goes in and out as it is, such as a `Response`.
     * @template {unknown[]} Args
     * @template Value
     * @param {(...args: Args) => Promise<Value>} call
     * @returns {(...args: Args) => Promise<Value>}
     */
    lendRaw(call) {
        return (...args) => call(...args).catch(this.#rethrow)
    }

    /**
     * @param {unknown} error
     * @returns {never}
     */
    #rethrow = (error) => {
        throw this.error(error)
    }
}

/**
 * What of an error may cross from one realm to another.
 * @param {unknown} error
 * @returns {{name: string, message: string, code: string | undefined}}
 */
export function describe(error) {
    if (typeof error !== "object" || error === null) {
        return {name: "Error", message: String(error), code: undefined}
    }
    const {name, message, code} = /** @type {Record<string, unknown>} */ (error)
    return {
        name: typeof name === "string" ? name : "Error",
        message: typeof message === "string" ? message : String(error),
        code: typeof code === "string" ? code : undefined,
    }
}

/**
 * Documented by Attio for both kinds of realm, or declared by the SDK's types.
 * Not here, because not documented: atob, btoa, Buffer, AbortController, crypto, performance, structuredClone.
 * @param {string} app
 */
export function sharedGlobals(app) {
    return {
        console: taggedConsole(app),
        TextEncoder,
        TextDecoder,
        setTimeout,
        clearTimeout,
        setInterval,
        clearInterval,
        queueMicrotask,
    }
}

/**
 * What an app logs goes to the host's error output: its standard output is for programs.
 * @param {string} app
 */
function taggedConsole(app) {
    /** @param {string} level */
    const log =
        (level) =>
        (/** @type {unknown[]} */ ...args) =>
            console.error(`[${app}] ${level}:`, ...args)
    return {log: log("log"), info: log("info"), warn: log("warn"), error: log("error"), debug: log("debug")}
}
