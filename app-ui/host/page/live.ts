/** What the host tells on its own. One connection for the whole page, closed while nobody looks at it. */

import {useEffect} from "react"
import type {Change} from "../live.mjs"
import {type Entry, server, type Text} from "./server"
import {Store, useStore} from "./store"

type Listener = (change: Change | {type: "again"}) => void

const listeners = new Set<Listener>()
let source: EventSource | null = null
let phone: string | null = null

/** Null before the first answer; false while the host does not answer. */
export const isLive = new Store<boolean | null>(null)
const activity = new Store<readonly Entry[]>([])
export const thread = new Store<{number: string; texts: Text[] | null} | null>(null)

export function useActivity() {
    return useStore(activity)
}

/** Calls with every change, and with `again` when changes may have been missed. */
export function useChanges(listener: Listener) {
    useEffect(() => {
        listeners.add(listener)
        return () => void listeners.delete(listener)
    }, [listener])
}

/** The thread of one phone at a time; null for none. */
export function watchPhone(number: string | null) {
    if (number === phone) return
    phone = number
    thread.set(null)
    connect()
}

export function startLive() {
    connect()
    document.addEventListener("visibilitychange", connect)
}

function connect() {
    source?.close()
    source = null
    // A browser keeps six connections to a host, over all tabs: those that nobody sees must not use them up.
    if (document.visibilityState === "hidden") return
    const following = new EventSource(
        `/page/events${phone === null ? "" : `?phone=${encodeURIComponent(phone)}`}`
    )
    source = following
    following.onopen = () => {
        isLive.set(true)
        void server.activity().then(activity.set, () => {})
        tell({type: "again"})
    }
    following.onerror = () => isLive.set(false)
    following.onmessage = ({data}) => {
        const change = JSON.parse(data) as Change
        if (change.type === "activity") note(change.entry)
        if (change.type === "phone" && change.number === phone) thread.set(change)
        tell(change)
    }
}

function note(entry: Entry) {
    activity.set((before) => {
        const at = before.findLastIndex(({id}) => id === entry.id)
        return at < 0 ? [...before, entry].slice(-300) : before.with(at, entry)
    })
}

function tell(change: Parameters<Listener>[0]) {
    listeners.forEach((listener) => listener(change))
}
