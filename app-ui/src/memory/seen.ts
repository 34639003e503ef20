/**
 * What was applied to the records so far, in the app's key-value store, so that nothing older overwrites it.
 * Two keys, because two writers meet here without a lock: `lead:` says how far a lead's announcements were applied and
 * only ever moves by an applied answer; `record:` says which lead of a record is the newest, and the button moves it too.
 */

import {kv} from "attio/server"
import type {Rules, Seen} from "../core/rules"
import {isObject} from "../json"

/** Callbacks can be replayed by hand long after; half a year later nobody does. */
const KEEP_SECONDS = 180 * 24 * 60 * 60

export async function seenOfLead(leadId: string): Promise<Seen | null> {
    return read(`lead:${leadId}`)
}

export async function seenOfRecord(recordId: string): Promise<Seen | null> {
    return read(`record:${recordId}`)
}

/** The answer has reached the record. */
export async function rememberApplied(rules: Rules, recordId: string, applied: Seen): Promise<void> {
    await kv.set(`lead:${applied.leadId}`, applied, {ttlInSeconds: KEEP_SECONDS})
    await rememberNewest(rules, recordId, applied)
}

/** From now on callbacks of older leads of this record are stale. */
export async function rememberNewest(rules: Rules, recordId: string, incoming: Seen): Promise<void> {
    if (!rules.shouldApply(await seenOfRecord(recordId), incoming)) return
    await kv.set(`record:${recordId}`, incoming, {ttlInSeconds: KEEP_SECONDS})
}

async function read(key: string): Promise<Seen | null> {
    const entry = await kv.get(key)
    if (entry === null || !isObject(entry.value)) return null
    const {leadId, sequence} = entry.value
    return typeof leadId === "string" && typeof sequence === "number" ? {leadId, sequence} : null
}
