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

export type {
    Callback,
    CallbackHeaders,
    Outcome,
    RecordAttribute,
    RecordStatus,
    RecordUpdate,
    Seen,
} from "./generated/rules_bg"

export type Rules = Pick<typeof glue, "verifyCallback" | "shouldApply" | "recordValues" | "recordAttributes">

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
