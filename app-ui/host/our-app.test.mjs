/** The app of this repository, as built, in the host: what its parts do together. Its parts alone: `test/`. */

import assert from "node:assert/strict"
import {test} from "node:test"
import {leadId} from "./test-world/alc.mjs"
import {ADA, GRACE, NOBODY, OUR_APP, startWorld} from "./test-world/world.mjs"

/** @typedef {Awaited<ReturnType<typeof startWorld>>} World */

/** @param {World} world @param {string} recordId @param {string} slug */
function value(world, recordId, slug) {
    const [first] = world.attio.values(recordId)[slug] ?? []
    return first?.value ?? first?.option
}

/** @param {Response} response */
async function codeOf(response) {
    /** @type {any} */
    const problem = await response.json()
    return problem.code
}

/** @param {import("node:test").TestContext} t @param {() => string[]} [more] */
async function connectedWorld(t, more) {
    const world = await startWorld(t, OUR_APP, more)
    assert.deepEqual((await world.connect()).json, {connected: true})
    return world
}

test("connecting makes the attributes and subscribes; disconnecting leaves nothing", async (t) => {
    const world = await connectedWorld(t)
    const slugs = ["job_title", "alc_lead_id", "alc_status", "alc_interest", "alc_summary", "alc_checked_at"]
    assert.deepEqual(new Set(world.attio.attributes.keys()), new Set(slugs))
    assert.deepEqual(
        new Set(world.attio.attributes.get("alc_interest").options),
        new Set([...["Hot", "Warm", "Cold", "Not interested", "Opted out", "No reply", "Unreachable"]])
    )
    const [handler] = (await world.state()).handlers
    const {webhook_id: webhookId, url, events} = world.webhook()
    assert.deepEqual([handler.externalWebhookId, handler.url], [webhookId, url])
    assert.deepEqual(events, ["lead.processed", "lead.failed"])

    await world.ask("DELETE", "/connections")
    const after = await world.state()
    assert.deepEqual([world.alc.webhooks.size, after.handlers, after.kv, after.connection], [0, [], {}, null])
})

test("a person is sent, waits as Pending, and shows the answer when it comes", async (t) => {
    const world = await connectedWorld(t)
    const shown = await world.press(ADA)
    assert.deepEqual(shown.alerts, [])
    assert.deepEqual(
        shown.toasts.map(({title, hidden}) => [title, hidden]),
        [
            ["Preparing to send to ALC...", true],
            ["Successfully sent to ALC!", false],
        ]
    )
    const [{body}] = world.alc.askedFor("POST", "/api/v1/leads")
    assert.deepEqual(body, {recordId: ADA, name: "Ada Lovelace", phoneNumber: "+447911123456", region: "GB"})
    assert.deepEqual(
        [value(world, ADA, "alc_status"), value(world, ADA, "alc_lead_id")],
        ["Pending", world.lead().id]
    )

    const answer = await world.alc.callback(
        world.webhook(),
        world.alc.closeLead(world.lead().id, "Complete", "Hot")
    )
    assert.deepEqual([answer.status, await answer.json()], [200, {result: "written"}])
    assert.deepEqual(
        ["alc_status", "alc_interest", "alc_summary", "alc_checked_at"].map((slug) =>
            value(world, ADA, slug)
        ),
        ["Complete", "Hot", "Said: Hot.", "2026-11-21T10:05:00Z"]
    )
})

test("a callback that overtakes the button's own Pending still ends as Complete", async (t) => {
    const world = await connectedWorld(t)
    // ALC calls back before the button has written "Pending": while it is still answering the POST.
    world.alc.once("POST", "/api/v1/leads", async () => {
        const lead = {
            id: leadId(7),
            recordId: ADA,
            status: "pending",
            recordStatus: "Pending",
            sequence: 1,
            outcome: null,
            closedAt: null,
        }
        world.alc.leads.set(lead.id, {...lead})
        const answer = await world.alc.callback(
            world.webhook(),
            world.alc.closeLead(lead.id, "Complete", "Warm")
        )
        assert.equal(answer.status, 200)
        return {status: 201, json: lead}
    })
    assert.deepEqual((await world.press(ADA)).alerts, [])
    assert.deepEqual(
        [value(world, ADA, "alc_status"), value(world, ADA, "alc_interest")],
        ["Complete", "Warm"]
    )
    const statuses = world.attio.askedFor("PATCH", ADA).map(({body}) => body.data.values.alc_status[0].value)
    assert.ok(!statuses.includes("Pending"), `${statuses}`)
})

test("a Pending that lands on top of the answer is corrected at once", async (t) => {
    const world = await connectedWorld(t)
    // The callback's write goes through first, while the button's "Pending" is on its way.
    world.attio.once("PATCH", ADA, async () => {
        const answer = await world.alc.callback(
            world.webhook(),
            world.alc.closeLead(world.lead().id, "Complete", "Cold")
        )
        assert.equal(answer.status, 200)
        const values = world.attio.values(ADA)
        values.alc_status = [{value: "Pending"}]
        return {json: {data: {}}}
    })
    assert.deepEqual((await world.press(ADA)).alerts, [])
    assert.deepEqual(
        [value(world, ADA, "alc_status"), value(world, ADA, "alc_interest")],
        ["Complete", "Cold"]
    )
})

test("an answer that came again, or late, changes nothing", async (t) => {
    const world = await connectedWorld(t)
    await world.press(ADA)
    const first = world.alc.closeLead(world.lead().id, "Complete", "Hot")
    await world.alc.callback(world.webhook(), first)
    const writes = world.attio.askedFor("PATCH", ADA).length
    const again = await world.alc.callback(world.webhook(), first)
    assert.deepEqual([again.status, await again.json()], [200, {result: "stale"}])

    // A newer lead of the same person; then the older one's answer once more, with a later sequence.
    await world.press(ADA)
    const late = await world.alc.callback(world.webhook(), first, {sequence: 9, status: "Failed"})
    assert.deepEqual(await late.json(), {result: "stale"})
    assert.equal(value(world, ADA, "alc_status"), "Pending")
    assert.equal(world.attio.askedFor("PATCH", ADA).length, writes + 1)
})

test("what cannot be sent is said with cause and cure, and the toast goes", async (t) => {
    const world = await startWorld(t, OUR_APP)
    /** @param {string} recordId */
    const alertOf = async (recordId) => {
        const {alerts, toasts, error} = await world.press(recordId)
        assert.equal(error, null)
        assert.ok(toasts.every(({hidden}) => hidden))
        assert.equal(alerts.length, 1)
        return alerts[0]
    }
    const unconnected = await alertOf(ADA)
    assert.equal(unconnected.title, "Failed to send to ALC")
    assert.match(unconnected.text, /not connected.*Connect it.*\(no_connection\)$/)

    await world.connect()
    assert.equal((await alertOf(NOBODY)).title, "Failed to load person data")
    assert.equal((await alertOf(GRACE)).title, "No phone number found")

    world.attio.once("GET", ADA, {status: 503})
    assert.equal((await alertOf(ADA)).title, "Failed to load person data")

    for (const [reply, text] of /** @type {[import("./test-world/remote.mjs").Reply, RegExp][]} */ ([
        [{status: 401, json: {code: "token_revoked"}}, /connect again\. \(alc_unauthorized\)$/],
        [{status: 503}, /Try again in a few minutes\. \(alc_unavailable\)$/],
        [
            {status: 422, json: {code: "campaign_unknown", detail: "Choose one of your campaigns."}},
            /^Choose one of your campaigns\. \(campaign_unknown\)$/,
        ],
        [{status: 201, json: {nothing: "known"}}, /\(alc_unexpected_answer\)$/],
    ])) {
        world.alc.once("POST", "/api/v1/leads", reply)
        const {title, text: said} = await alertOf(ADA)
        assert.equal(title, "Failed to send to ALC")
        assert.match(said, text)
    }
    world.attio.once("PATCH", ADA, {status: 403, json: {code: "unauthorized"}})
    assert.match(
        (await alertOf(ADA)).text,
        /The lead was sent.*No need to send again.*\(attio_unauthorized\)$/
    )
})

test("a number that the core refuses never leaves the app", async (t) => {
    const world = await connectedWorld(t)
    world.attio.values(ADA).phone_numbers[0].original_phone_number = "ask reception"
    const {alerts} = await world.press(ADA)
    assert.match(alerts[0].text, /\(phone_number_unreadable\)$/)
    assert.deepEqual(world.alc.askedFor("POST", "/api/v1/leads"), [])
})

test("without WebAssembly ALC checks the number, and callbacks are verified all the same", async (t) => {
    const world = await connectedWorld(t, () => ["--without-webassembly"])
    await world.press(ADA)
    assert.equal(world.alc.askedFor("POST", "/api/v1/leads/check").length, 1)
    const lead = world.alc.closeLead(world.lead().id, "Failed")
    const answer = await world.alc.callback(world.webhook(), lead)
    assert.deepEqual([answer.status, value(world, ADA, "alc_status")], [200, "Failed"])
    const forged = await world.alc.callback(
        {...world.webhook(), secret: "whsec_c29tZWJvZHkgZWxzZSdzIHNlY3JldCBrZXk="},
        lead
    )
    assert.equal(forged.status, 401)
})

test("a callback is believed only with a good signature, and refused with a code", async (t) => {
    const world = await connectedWorld(t)
    await world.press(ADA)
    const lead = world.alc.closeLead(world.lead().id, "Complete", "Hot")
    const forged = await world.alc.callback(
        {...world.webhook(), secret: "whsec_c29tZWJvZHkgZWxzZSdzIHNlY3JldCBrZXk="},
        lead
    )
    assert.deepEqual([forged.status, await codeOf(forged)], [401, "signature_mismatch"])
    const unsigned = await fetch(world.webhook().url, {method: "POST", body: JSON.stringify(lead)})
    assert.deepEqual([unsigned.status, await codeOf(unsigned)], [401, "signature_missing"])
    const nameless = await world.alc.callback(world.webhook(), lead, {record_id: ""})
    assert.deepEqual([nameless.status, await codeOf(nameless)], [400, "missing_record_id"])
    const stateless = await world.alc.callback(world.webhook(), lead, {status: undefined})
    assert.deepEqual([stateless.status, await codeOf(stateless)], [400, "missing_status"])
    assert.equal(value(world, ADA, "alc_status"), "Pending")
})

test("the sender is asked to come again while Attio cannot take the answer, and not once the record is gone", async (t) => {
    const world = await connectedWorld(t)
    await world.press(ADA)
    const lead = world.alc.closeLead(world.lead().id, "Complete", "Hot")
    world.attio.once("PATCH", ADA, {status: 500})
    const failed = await world.alc.callback(world.webhook(), lead)
    assert.deepEqual([failed.status, await codeOf(failed)], [503, "attio_unavailable"])
    assert.equal((await world.alc.callback(world.webhook(), lead)).status, 200)
    assert.equal(value(world, ADA, "alc_status"), "Complete")

    const gone = await world.alc.callback(world.webhook(), {...lead, recordId: NOBODY, id: leadId(9)})
    assert.deepEqual([gone.status, await gone.json()], [200, {result: "record_gone"}])
})

test("an attribute that somebody removed is put back when an answer needs it", async (t) => {
    const world = await connectedWorld(t)
    await world.press(ADA)
    world.attio.attributes.delete("alc_summary")
    world.attio.once("PATCH", ADA, {status: 400, json: {code: "value_not_found", message: "no alc_summary"}})
    const answer = await world.alc.callback(
        world.webhook(),
        world.alc.closeLead(world.lead().id, "Complete", "Hot")
    )
    assert.equal(answer.status, 200)
    assert.ok(world.attio.attributes.has("alc_summary"))
    assert.equal(value(world, ADA, "alc_summary"), "Said: Hot.")
})

test("a connection that cannot be completed leaves nothing behind", async (t) => {
    const world = await startWorld(t, OUR_APP)
    /** @param {RegExp} said */
    const refused = async (said) => {
        const answer = await world.connect()
        assert.equal(answer.status, 502)
        assert.match(answer.json.message, said)
        const {handlers, kv, connection} = await world.state()
        assert.deepEqual([handlers, kv, connection, world.alc.webhooks.size], [[], {}, null, 0])
    }
    world.attio.once("POST", "/attributes", {status: 403, json: {code: "unauthorized"}})
    await refused(/\(attio_unauthorized\)/)
    world.alc.once("POST", "/api/v1/webhooks", {
        status: 422,
        json: {code: "webhook_url_not_https", detail: "Use https."},
    })
    await refused(/Use https\. \(webhook_url_not_https\)/)
    // ALC makes the webhook, and its answer is lost.
    world.alc.once("POST", "/api/v1/webhooks", () => {
        const asked = world.alc.askedFor("POST", "/api/v1/webhooks").at(-1)
        world.alc.webhooks.set("wh_lost", {webhook_id: "wh_lost", url: asked?.body.url})
        return {status: 502}
    })
    await refused(/\(alc_unavailable\)/)

    world.attio.attributes.set("alc_status", {api_slug: "alc_status", type: "select", options: []})
    await refused(/another type.*"alc_status" is of type select.*\(attribute_type_differs\)/)
    world.attio.attributes.delete("alc_status")
    assert.deepEqual((await world.connect()).json, {connected: true})
})

test("leads that were still waiting when the connection goes are shown as Cancelled", async (t) => {
    const world = await connectedWorld(t)
    await world.press(ADA)
    assert.equal(value(world, ADA, "alc_status"), "Pending")
    await world.ask("DELETE", "/connections")
    assert.equal(value(world, ADA, "alc_status"), "Cancelled")
})

test("somebody else making the same attributes at the same time does no harm", async (t) => {
    const world = await startWorld(t, OUR_APP)
    world.attio.once("GET", "/attributes", {json: {data: []}})
    world.attio.attributes.set("alc_status", {api_slug: "alc_status", type: "text", options: []})
    assert.deepEqual((await world.connect()).json, {connected: true})
})

test("what disconnecting could not clean up is cleaned up with the next connection", async (t) => {
    const world = await connectedWorld(t)
    world.alc.once("DELETE", "/api/v1/webhooks", {status: 503})
    assert.deepEqual((await world.ask("DELETE", "/connections")).json, {connected: false})
    const {handlers, kv} = await world.state()
    assert.deepEqual([handlers, Object.keys(kv), world.alc.webhooks.size], [[], ["leftovers"], 1])

    await world.connect()
    assert.equal(world.alc.webhooks.size, 1)
    assert.deepEqual(Object.keys((await world.state()).kv), ["subscriptions"])
    assert.equal(world.webhook().webhook_id, (await world.state()).handlers[0].externalWebhookId)
})
