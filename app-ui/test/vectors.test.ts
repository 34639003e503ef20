/** The core's own vectors, through what the app loads: as wasm, and as plain JavaScript where there is none. */

import {readFileSync} from "node:fs"
import {afterEach, beforeEach, describe, expect, test, vi} from "vitest"
import type {CallbackHeaders, RecordUpdate, Rules, Seen} from "../src/core/rules"

type CallbackVector = {
    name: string
    secrets: string[]
    headers: CallbackHeaders
    body: string
    now_ms: number
    expect: string
}
type SequenceVector = {name: string; seen: Seen | null; incoming: Seen; apply: boolean}
type RecordVector = {name: string; update: RecordUpdate; values: Record<string, unknown>}
type PhoneVector = {input: string; region: string | null; e164?: string; code?: string}

function vectors<Vector>(file: string): Vector[] {
    return JSON.parse(readFileSync(new URL(`../../core/vectors/${file}`, import.meta.url), "utf8"))
}

afterEach(() => vi.resetModules())

describe.each([["wasm"], ["plain JavaScript"]])("the rules as %s", (kind) => {
    let rules: Rules

    beforeEach(async () => {
        if (kind === "plain JavaScript") vi.stubGlobal("WebAssembly", undefined)
        const {loadRules} = await import("../src/core/rules")
        rules = loadRules()
    })

    test.each(vectors<CallbackVector>("callbacks.json"))("$name", (vector) => {
        const verdict = rules.verifyCallback(vector.body, vector.headers, vector.secrets, vector.now_ms)
        expect(verdict.ok ? "ok" : verdict.code).toBe(vector.expect)
        if (verdict.ok) expect(verdict.callback).toMatchObject(JSON.parse(vector.body))
    })

    test.each(vectors<SequenceVector>("sequence.json"))("$name", ({seen, incoming, apply}) => {
        expect(rules.shouldApply(seen, incoming)).toBe(apply)
    })

    test.each(vectors<RecordVector>("record_values.json"))("$name", ({update, values}) => {
        expect(rules.recordValues(update)).toEqual(values)
    })

    test("five attributes, one of them with the seven words of interest", () => {
        const attributes = rules.recordAttributes()
        expect(attributes.map(({slug, type}) => [slug, type])).toEqual([
            ["alc_lead_id", "text"],
            ["alc_status", "text"],
            ["alc_interest", "select"],
            ["alc_summary", "text"],
            ["alc_checked_at", "timestamp"],
        ])
        expect(attributes.find(({slug}) => slug === "alc_interest")?.options).toHaveLength(7)
    })
})

test.each(vectors<PhoneVector>("phones.json"))("$input in $region", async ({input, region, e164, code}) => {
    const {loadPhones} = await import("../src/core/phones")
    const verdict = loadPhones()?.checkLead({recordId: "r", name: "n", phoneNumber: input}, region)
    expect(verdict).toMatchObject(e164 === undefined ? {ok: false, code} : {ok: true, phoneNumber: e164})
})
