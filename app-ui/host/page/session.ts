/** Who is here, which app, and whether it is connected: known to the whole page. */

import {useCallback, useEffect} from "react"
import type {Change} from "../live.mjs"
import {useChanges} from "./live"
import {server, type Session} from "./server"
import {Store, useStore} from "./store"

const session = new Store<Session | null>(null)

export const useSession = () => useStore(session)

export async function reloadSession() {
    const found = await server.session().catch(() => null)
    if (found !== null) session.set(found)
    return found
}

/** To be used once, by the page itself. */
export function useSessionUpdates() {
    useEffect(() => void reloadSession(), [])
    useChanges(
        useCallback((change: Change | {type: "again"}) => {
            if (change.type === "connection" || change.type === "again") void reloadSession()
        }, [])
    )
}

/** "acme-lead-checker" → "Acme Lead Checker" */
export function titleOf(name: string) {
    return name
        .split(/[-_]/)
        .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
        .join(" ")
}
