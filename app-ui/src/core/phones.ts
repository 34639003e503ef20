/**
 * The numbering plans: may this lead's phone be texted? Large, so only the code that sends a lead imports it, and it is
 * decoded on first use. There is no JavaScript fallback: without `WebAssembly` ALC itself is asked.
 *
 * `generated/` is made by `cargo xtask app`.
 */

import {decodeBase64} from "./base64"
import * as glue from "./generated/phones_bg"
import wasmBase64 from "./generated/phones_wasm"
import {instantiateWasm} from "./wasm"

export type {LeadDraft, LeadVerdict} from "./generated/phones_bg"

export type Phones = Pick<typeof glue, "checkLead">

let loaded: Phones | null | undefined

/** Null where the realm has no `WebAssembly`: ask `POST /api/v1/leads/check` instead. */
export function loadPhones(): Phones | null {
    if (loaded === undefined) loaded = instantiatePhones()
    return loaded
}

function instantiatePhones(): Phones | null {
    const exports = instantiateWasm(() => decodeBase64(wasmBase64), glue)
    if (exports === null) return null
    glue.__wbg_set_wasm(exports)
    return glue
}
