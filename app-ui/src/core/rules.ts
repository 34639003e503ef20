/**
 * The rules of ALC (callback signature, order of updates, what a record is given), compiled from `core/` in Rust.
 * Small enough to be loaded by every server function. Where the realm has no `WebAssembly`, the same code runs as
 * plain JavaScript (wasm2js), so a callback is verified either way.
 *
 * `generated/` is made by `cargo xtask app`.
 */

import {decodeBase64} from "./base64"
import {instantiate} from "./generated/rules_asm"
import * as glue from "./generated/rules_bg"
import wasmBase64 from "./generated/rules_wasm"
import {instantiateWasm} from "./wasm"

export type RecordStatus = "Pending" | "Complete" | "Cancelled" | "Failed"

export type Interest = "Hot" | "Warm" | "Cold" | "Not interested" | "Opted out" | "No reply" | "Unreachable"

export type Outcome = {interest: Interest; confidence: number; summary: string}

/** What was last applied: one lead, and how far its announcements had got. */
export type Seen = {leadId: string; sequence: number}

export type Callback = {
    type: string
    timestamp: string
    record_id: string
    status: RecordStatus
    lead_id: string
    sequence: number
    outcome: Outcome | null
    reason: string | null
}

export type CallbackHeaders = {id: string; timestamp: string; signature: string}

export type CallbackVerdict = {ok: true; callback: Callback} | {ok: false; code: string; message: string}

export type RecordUpdate = {
    leadId: string
    status: RecordStatus
    outcome: Outcome | null
    checkedAt: string | null
}

export type RecordAttribute = {
    slug: string
    title: string
    description: string
    type: "text" | "select" | "timestamp"
    options: string[]
}

export type Rules = {
    verifyCallback(body: string, headers: CallbackHeaders, secrets: string[], nowMs: number): CallbackVerdict
    /** True when `incoming` is newer than what was seen: a newer lead of the record, or a later word on the same one. */
    shouldApply(seen: Seen | null, incoming: Seen): boolean
    recordValues(update: RecordUpdate): Record<string, unknown>
    recordAttributes(): RecordAttribute[]
}

let loaded: Rules | null = null

export function loadRules(): Rules {
    loaded ??= instantiateRules()
    return loaded
}

function instantiateRules(): Rules {
    const exports = instantiateWasm(() => decodeBase64(wasmBase64), glue)
    // The stub of setTempRet0 is what wasm2js asks of its surroundings; nothing of ours returns a 64-bit integer.
    glue.__wbg_set_wasm(exports ?? instantiate({"./rules_bg.js": glue, env: {setTempRet0() {}}}))
    return glue
}
