/** What could not be cleaned up when a connection went, in the app's key-value store, until a later event manages it. */

import {kv} from "attio/server"
import {isObject} from "../json"

const KEY = "leftovers"

/** Enough for every connection anyone made by hand; the list must not grow without end if ALC never answers. */
const MOST = 50

/** Either part may be gone already and is then null. */
export type Leftover = {handlerId: string | null; webhookId: string | null}

export async function listLeftovers(): Promise<Leftover[]> {
    const entry = await kv.get(KEY)
    return entry !== null && Array.isArray(entry.value) ? entry.value.filter(isLeftover) : []
}

export async function keepLeftovers(leftovers: Leftover[]): Promise<void> {
    if (leftovers.length === 0) await kv.delete(KEY)
    else await kv.set(KEY, leftovers.slice(-MOST))
}

function isLeftover(value: unknown): value is Leftover {
    return isObject(value) && isIdOrNull(value["handlerId"]) && isIdOrNull(value["webhookId"])
}

function isIdOrNull(value: unknown): value is string | null {
    return value === null || typeof value === "string"
}
