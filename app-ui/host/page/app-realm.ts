/** The page's end of the realm in which the app's code runs: loads it, presses its actions, answers its calls. */

import {asks, drawAppDialog, hideAppDialog, showAppDialog} from "./overlays/dialogs"
import {hideToast, putToast, toast, updateToast} from "./overlays/toasts"
import type {Action, Calls, Failure, FromRealm, ToRealm} from "./realm/protocol"
import {go} from "./router"
import {type Lent, server} from "./server"
import {Store, useStore} from "./store"

export type Actions =
    | {state: "loading"}
    | {state: "here"; actions: Action[]; running: ReadonlySet<string>}
    | {state: "broken"; message: string}

const actions = new Store<Actions>({state: "loading"})
let realm: Worker | null = null
let presses = 0
const pressed = new Map<number, {action: string; done: () => void}>()

/** The app's record actions that are offered on people. */
export const useActions = () => useStore(actions)

export function startRealm(enums: Record<string, Record<string, string>>) {
    if (realm !== null) return
    const worker = new Worker("/assets/realm.js", {name: "the app"})
    realm = worker
    worker.onmessage = ({data}: MessageEvent<FromRealm>) => void hear(data)
    worker.onerror = (event) => {
        event.preventDefault()
        actions.set({state: "broken", message: event.message || "The app's bundle cannot be loaded"})
    }
    say({type: "load", enums})
}

/** Presses an action of the app on a person; resolves when the app is done with it. */
export function press(action: Action, recordId: string): Promise<void> {
    return new Promise((done) => {
        const number = ++presses
        pressed.set(number, {action: action.id, done})
        noteRunning()
        say({type: "press", press: number, action: action.id, record: {recordId, object: "people"}})
    })
}

/** Calls a function the app lent us, such as a button's click. */
export function invoke(call: number, ...args: unknown[]) {
    say({type: "invoke", call, args})
}

export function closeDialog(dialog: number) {
    say({type: "dialog-closed", dialog})
}

function say(message: ToRealm) {
    realm?.postMessage(message)
}

async function hear(message: FromRealm) {
    switch (message.type) {
        case "registered": {
            const offered = message.actions.filter(({isOffered}) => isOffered)
            return actions.set({state: "here", actions: offered, running: new Set()})
        }
        case "broken":
            return actions.set({state: "broken", message: message.failure.message})
        case "ended": {
            pressed.get(message.press)?.done()
            pressed.delete(message.press)
            noteRunning()
            if (message.failure !== null) {
                toast({variant: "error", title: "The app's action failed", text: message.failure.message})
            }
            return
        }
        case "call": {
            const {call} = message
            try {
                const {value, error} = await answer(message)
                say({type: "answer", call, value, failure: error})
            } catch (error) {
                const failure: Failure =
                    error instanceof Error
                        ? {name: error.name, message: error.message}
                        : {name: "Error", message: String(error)}
                say({type: "answer", call, value: null, failure})
            }
        }
    }
}

async function answer({name, args}: FromRealm & {type: "call"}): Promise<Lent> {
    switch (name) {
        case "runQuery":
            return server.query(...(args as Calls["runQuery"]))
        case "runServerFunction":
            return server.callFunction(...(args as Calls["runServerFunction"]))
        case "alert":
            return asValue(await asks.alert(...(args as Calls["alert"])))
        case "confirm":
            return asValue(await asks.confirm(...(args as Calls["confirm"])))
        case "showToast":
        case "upsertToast":
            return asValue(putToast(...(args as Calls["showToast"])))
        case "updateToast":
            return asValue(updateToast(...(args as Calls["updateToast"])))
        case "hideToast":
            return asValue(hideToast(...(args as Calls["hideToast"])))
        case "showDialog":
            return asValue(showAppDialog(...(args as Calls["showDialog"])))
        case "drawDialog":
            return asValue(drawAppDialog(...(args as Calls["drawDialog"])))
        case "hideDialog":
            return asValue(hideAppDialog(...(args as Calls["hideDialog"])))
        case "openWindow":
            return asValue(openWindow(...(args as Calls["openWindow"])))
    }
}

function asValue(value: unknown): Lent {
    return {value: value ?? null, error: null}
}

function openWindow(address: string) {
    const url = new URL(address, location.href)
    if (url.origin === location.origin) go(url.pathname)
    else if (url.protocol === "https:" || url.protocol === "http:") open(url, "_blank", "noopener,noreferrer")
}

function noteRunning() {
    const running = new Set([...pressed.values()].map(({action}) => action))
    actions.set((before) => (before.state === "here" ? {...before, running} : before))
}
