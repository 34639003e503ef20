import {beforeEach, expect, test, vi} from "vitest"
import sendLead, {type PersonToSend} from "../src/app/extensions/send-to-alc/send-lead.server"
import {disconnect, kv, kvEntries, resetAttio} from "./stand-ins/attio-server"
import {type Answer, type Asked, stubNetwork} from "./stand-ins/network"

const RECORD = "11111111-1111-4111-8111-111111111111"
const LEAD = "lead_0192f0c1a2b37c4d8e5f000000000002"
const OLDER_LEAD = "lead_0192f0c1a2b37c4d8e5f000000000001"
const PATCH = `PATCH /v2/objects/people/records/${RECORD}`

const person: PersonToSend = {recordId: RECORD, name: "Ada", phoneNumber: "+44 7911 123456", country: "GB"}
const pending = {
    id: LEAD,
    recordId: RECORD,
    recordStatus: "Pending",
    sequence: 1,
    outcome: null,
    closedAt: null,
}
const complete = {
    ...pending,
    recordStatus: "Complete",
    sequence: 4,
    outcome: {interest: "Hot", confidence: 0.9, summary: "Call me."},
    closedAt: "2026-11-21T10:05:00Z",
}

beforeEach(() => {
    resetAttio()
    vi.spyOn(console, "error").mockImplementation(() => {})
})

/** ALC takes the lead and Attio takes the update, unless the test says otherwise. */
function stubSystems(answers: Record<string, Answer | Answer[]> = {}): Asked[] {
    return stubNetwork({
        "POST /api/v1/leads": {status: 201, json: pending},
        [`GET /api/v1/leads/${LEAD}`]: {json: pending},
        [PATCH]: {json: {data: {}}},
        ...answers,
    })
}

const statusesWritten = (asked: Asked[]) =>
    asked
        .filter(({method}) => method === "PATCH")
        .map(
            ({body}) =>
                (body as {data: {values: {alc_status: [{value: string}]}}}).data.values.alc_status[0].value
        )

const sentTo = (asked: Asked[], path: string) =>
    asked.filter(({method, url}) => method === "POST" && url.endsWith(path)).map(({body}) => body)

test("the number goes to ALC in E.164, with the connection's token", async () => {
    const asked = stubSystems()
    expect(await sendLead(person)).toEqual({ok: true, leadId: LEAD})
    expect(sentTo(asked, "/leads")).toEqual([
        {recordId: RECORD, name: "Ada", phoneNumber: "+447911123456", region: "GB"},
    ])
    expect(asked.map(({headers}) => headers["Authorization"])).toEqual([
        "Bearer alc-token",
        "Bearer attio-token",
        "Bearer alc-token",
    ])
})

test("a missing connection is thrown on, for Attio to ask the person to connect", async () => {
    stubSystems()
    disconnect()
    await expect(sendLead(person)).rejects.toMatchObject({code: "no-workspace-connection"})
})

test("a country's name is looked up in Attio; a country that is not known is not made up", async () => {
    const national = {...person, phoneNumber: "07911 123456", country: "United Kingdom"}
    const asked = stubSystems({
        [`GET /v2/objects/people/records/${RECORD}`]: {
            json: {data: {values: {primary_location: [{country_code: "GB"}]}}},
        },
    })
    expect(await sendLead(national)).toMatchObject({ok: true})
    expect(sentTo(asked, "/leads")).toMatchObject([{phoneNumber: "+447911123456", region: "GB"}])
})

test("a national number without a country is left to ALC, which knows its workspace's region", async () => {
    const asked = stubSystems()
    expect(await sendLead({...person, phoneNumber: "07911 123456", country: null})).toMatchObject({ok: true})
    expect(sentTo(asked, "/leads")).toEqual([{recordId: RECORD, name: "Ada", phoneNumber: "07911 123456"}])
})

test("a country without a numbering plan is no reason to refuse an international number", async () => {
    const asked = stubSystems()
    expect(await sendLead({...person, country: "AQ"})).toMatchObject({ok: true})
    expect(sentTo(asked, "/leads")).toEqual([
        {recordId: RECORD, name: "Ada", phoneNumber: "+447911123456", region: "AQ"},
    ])
})

test("what the core refuses is not sent", async () => {
    const asked = stubSystems()
    const sent = await sendLead({...person, phoneNumber: "call reception"})
    expect(sent).toMatchObject({ok: false, leadId: null, problem: {code: "phone_number_unreadable"}})
    expect(asked).toEqual([])
})

test("a lead that closed meanwhile is written at once", async () => {
    const asked = stubSystems({[`GET /api/v1/leads/${LEAD}`]: {json: complete}})
    expect(await sendLead(person)).toEqual({ok: true, leadId: LEAD})
    expect(statusesWritten(asked)).toEqual(["Pending", "Complete"])
    expect(kvEntries()[`lead:${LEAD}`]).toEqual({leadId: LEAD, sequence: 4})
})

test("Pending is not written over an answer that is there already, and the answer is written again", async () => {
    await kv.set(`lead:${LEAD}`, {leadId: LEAD, sequence: 4})
    await kv.set(`record:${RECORD}`, {leadId: LEAD, sequence: 4})
    const asked = stubSystems({[`GET /api/v1/leads/${LEAD}`]: {json: complete}})
    expect(await sendLead(person)).toMatchObject({ok: true})
    expect(statusesWritten(asked)).toEqual(["Complete"])
})

test("an outcome older than what was seen is not written", async () => {
    await kv.set(`lead:${LEAD}`, {leadId: LEAD, sequence: 9})
    const asked = stubSystems({[`GET /api/v1/leads/${LEAD}`]: {json: complete}})
    expect(await sendLead(person)).toMatchObject({ok: true})
    expect(statusesWritten(asked)).toEqual([])
})

test("from the moment a newer lead is sent, it is the record's newest", async () => {
    await kv.set(`record:${RECORD}`, {leadId: OLDER_LEAD, sequence: 7})
    stubSystems()
    await sendLead(person)
    expect(kvEntries()[`record:${RECORD}`]).toEqual({leadId: LEAD, sequence: 1})
})

test("Pending that Attio refused does not matter once the outcome is written", async () => {
    stubSystems({
        [`GET /api/v1/leads/${LEAD}`]: {json: complete},
        [PATCH]: [{status: 500}, {json: {data: {}}}],
    })
    expect(await sendLead(person)).toEqual({ok: true, leadId: LEAD})
})

test.each([
    ["Attio refuses Pending", {[PATCH]: {status: 404, json: {code: "not_found"}}}, "attio_not_found"],
    ["ALC cannot say how the lead stands", {[`GET /api/v1/leads/${LEAD}`]: {status: 500}}, "alc_unavailable"],
])("when %s, the person learns that the lead was sent all the same", async (_, answers, code) => {
    stubSystems(answers)
    expect(await sendLead(person)).toMatchObject({ok: false, leadId: LEAD, problem: {code}})
})

test("ALC's own codes reach the person", async () => {
    stubSystems({
        "POST /api/v1/leads": {
            status: 422,
            json: {code: "phone_opted_out", detail: "They asked to be left alone."},
        },
    })
    expect(await sendLead(person)).toEqual({
        ok: false,
        leadId: null,
        problem: {code: "phone_opted_out", status: 422, detail: "They asked to be left alone."},
    })
})
