/**
 * The realm of the app's client bundle in the browser: a worker with the globals Attio documents and no others. The
 * bundle is loaded as it was built; what it wants to show or fetch is asked of the page.
 */

import * as React from "react"
import {clientSdk, rootSdk} from "../../sdk.mjs"
import {isOfferedOn, type Surface} from "../../surfaces.mjs"
import {dialogs} from "./dialogs"
import type {Calls, Failure, FromRealm, ToastOptions, ToRealm} from "./protocol"

/** Held on to, because `self` is one of the names that go away. */
const realm = globalThis as unknown as WorkerGlobalScope & Record<string, never>

/** Documented by Attio or declared by the SDK's types; with the language's own names, all that stays. */
const DOCUMENTED = [
    ...["console", "TextEncoder", "TextDecoder", "queueMicrotask"],
    ...["setTimeout", "clearTimeout", "setInterval", "clearInterval"],
]
const LANGUAGE = [
    ...["globalThis", "Infinity", "NaN", "undefined", "eval", "isFinite", "isNaN", "parseFloat", "parseInt"],
    ...["decodeURI", "decodeURIComponent", "encodeURI", "encodeURIComponent", "escape", "unescape"],
    ...["Object", "Function", "Boolean", "Symbol", "Number", "BigInt", "Math", "Date", "String", "RegExp"],
    ...["Error", "AggregateError", "EvalError", "RangeError", "ReferenceError", "SyntaxError", "TypeError"],
    ...["URIError", "SuppressedError", "Array", "ArrayBuffer", "SharedArrayBuffer", "DataView", "Atomics"],
    ...["Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array", "Int32Array"],
    ...["Uint32Array", "Float16Array", "Float32Array", "Float64Array", "BigInt64Array", "BigUint64Array"],
    ...["Map", "Set", "WeakMap", "WeakSet", "WeakRef", "FinalizationRegistry", "Iterator", "JSON", "Intl"],
    ...["Promise", "Proxy", "Reflect", "WebAssembly", "DisposableStack", "AsyncDisposableStack"],
]

const post = postMessage as (message: FromRealm) => void
const load = importScripts as (address: string) => void

/** Calls the page has not answered yet. */
const waiting = new Map<number, {resolve: (value: unknown) => void; reject: (error: Error) => void}>()
/** Functions the page may call. */
const lent = new Map<number, (...args: unknown[]) => unknown>()
let last = 0
let surfaces: Record<string, Surface[]> = {}

addEventListener("message", ({data}: MessageEvent<ToRealm>) => {
    switch (data.type) {
        case "load":
            return start(data.enums)
        case "press":
            return void press(data)
        case "answer": {
            const {resolve, reject} = waiting.get(data.call) ?? {}
            waiting.delete(data.call)
            return data.failure === null ? resolve?.(data.value) : reject?.(asError(data.failure))
        }
        case "invoke":
            return void lent.get(data.call)?.(...data.args)
        case "dialog-closed":
            return shown.close(data.dialog)
    }
})

const shown = dialogs({
    show: (id, title) => void ask("showDialog", id, title),
    draw: (id, drawn) => void ask("drawDialog", id, drawn),
    hide: (id) => void ask("hideDialog", id),
    lend,
})

function start(enums: Record<string, Record<string, string>>) {
    forget()
    Object.assign(realm, {
        React,
        ATTIO_ROOT_SDK: rootSdk(enums),
        ATTIO_CLIENT_EXTENSION_SDK: clientSdk(
            {
                alert: (options: Calls["alert"][0]) => ask("alert", options),
                confirm: (options: Calls["confirm"][0]) => ask("confirm", options),
                showToast,
                showDialog: shown.open,
                showIframe: () => Promise.reject(new Error("showIframe is not available in this host")),
                runQuery: (query: string, variables?: Record<string, unknown>) =>
                    ask("runQuery", query, variables),
            },
            shown.draw
        ),
        runServerFunction: (id: string, args: unknown[]) => ask("runServerFunction", id, args),
        registerSettingsSchema() {},
        registerSurfaces(registered: Record<string, Surface[]>) {
            surfaces = registered
        },
        window: {open: (address: string) => void ask("openWindow", String(address))},
    })
    try {
        load("/app/index.js")
    } catch (error) {
        return post({type: "broken", failure: describe(error)})
    }
    const actions = (surfaces["record-action"] ?? []).map((action) => ({
        id: action.id,
        label: action.label ?? action.id,
        icon: typeof action.icon === "string" ? action.icon : null,
        isOffered: isOfferedOn(action, "people"),
    }))
    post({type: "registered", actions})
}

async function press({press, action, record}: ToRealm & {type: "press"}) {
    const found = surfaces["record-action"]?.find(({id}) => id === action)
    try {
        await found?.onTrigger(record)
        post({type: "ended", press, failure: null})
    } catch (error) {
        post({type: "ended", press, failure: describe(error)})
    }
}

async function showToast({action, ...options}: Omit<ToastOptions, "action"> & {action?: ToastAction}) {
    const id = ++last
    const asked = (changes: Partial<Omit<ToastOptions, "action">> & {action?: ToastAction | null}) => ({
        ...changes,
        ...(changes.action == null
            ? {}
            : {action: {label: changes.action.label, onClick: lend(changes.action.onClick)}}),
    })
    type Changes = Parameters<typeof asked>[0]
    await ask("showToast", id, asked({...options, ...(action === undefined ? {} : {action})}) as ToastOptions)
    return {
        hideToast: () => ask("hideToast", id),
        updateToast: (changes: Changes) => ask("updateToast", id, asked(changes) as Partial<ToastOptions>),
        upsertToast: (changes: Changes) => ask("upsertToast", id, asked(changes) as Partial<ToastOptions>),
    }
}

type ToastAction = {label: string; onClick: () => void}

function ask<Name extends keyof Calls>(name: Name, ...args: Calls[Name]): Promise<unknown> {
    const call = ++last
    return new Promise((resolve, reject) => {
        waiting.set(call, {resolve, reject})
        // Through JSON, as over the wire: a function or a class instance does not get through either.
        post({type: "call", call, name, args: JSON.parse(JSON.stringify(args))} as FromRealm)
    })
}

function lend(call: (...args: unknown[]) => unknown) {
    const id = ++last
    lent.set(id, call)
    return id
}

/** Takes away what a browser gives its workers and Attio does not give its apps: network, storage, other workers. */
function forget() {
    const kept = new Set([...DOCUMENTED, ...LANGUAGE])
    for (let owner = realm as object; owner !== Object.prototype; owner = Object.getPrototypeOf(owner)) {
        for (const name of Object.getOwnPropertyNames(owner)) {
            if (kept.has(name) || name === "constructor") continue
            const isGone = Reflect.deleteProperty(owner, name)
            if (!isGone) Reflect.defineProperty(owner, name, {value: undefined})
        }
    }
}

function describe(error: unknown): Failure {
    if (!(error instanceof Error)) return {name: "Error", message: String(error)}
    const code = "code" in error && typeof error.code === "string" ? error.code : undefined
    return {name: error.name, message: error.message, code}
}

function asError({name, message, code}: Failure) {
    const error = Object.defineProperty(new Error(message), "name", {value: name, configurable: true})
    return code === undefined ? error : Object.assign(error, {code})
}
