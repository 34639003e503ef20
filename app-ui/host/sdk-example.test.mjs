import assert from "node:assert/strict"
import {spawnSync} from "node:child_process"
import {before, test} from "node:test"
import {ADA, EXAMPLE_APP, GRACE, NOBODY, startWorld} from "./test-world/world.mjs"

before(() => {
    const cli = new URL("../node_modules/attio/dist/cli/index.js", import.meta.url).pathname
    const built = spawnSync(process.execPath, [cli, "build"], {cwd: EXAMPLE_APP, encoding: "utf8"})
    assert.equal(built.status, 0, built.stdout + built.stderr)
})

test("an app by the SDK's walkthrough goes the whole way from button to record", async (t) => {
    const world = await startWorld(t, EXAMPLE_APP)
    assert.deepEqual((await world.connect()).json, {connected: true})
    const {webhook_id: webhookId, ...webhook} = world.webhook()
    const [handler] = (await world.state()).handlers
    assert.deepEqual([handler.fileName, handler.externalWebhookId], ["lead-processed", webhookId])
    assert.deepEqual(
        [webhook.url, webhook.events],
        [`${world.host.url}/hooks/${handler.id}`, ["lead.processed"]]
    )

    const shown = await world.press(ADA)
    assert.deepEqual(
        shown.toasts.map(({title, variant, hidden}) => [title, variant, hidden]),
        [
            ["Preparing to send to ALC...", "neutral", true],
            ["Successfully sent to ALC!", "success", false],
        ]
    )
    assert.deepEqual([shown.alerts, shown.error], [[], null])
    assert.deepEqual(
        shown.serverCalls.map(({id, ok}) => [id, ok]),
        [["app/extensions/send-to-alc/send-to-alc.server", true]]
    )
    const [sent] = world.alc.askedFor("POST", "/api/v1/leads")
    assert.equal(sent.headers.authorization, "Bearer pasted-token")
    assert.deepEqual(sent.body, {recordId: ADA, name: "Ada Lovelace", phoneNumber: "07911 123456"})
    const [patched] = world.attio.askedFor("PATCH", ADA)
    assert.equal(patched.headers.authorization, "Bearer local-attio-token")
    assert.deepEqual(world.attio.values(ADA).alc_lead_id, [{value: world.lead().id}])

    const lead = world.alc.closeLead(world.lead().id, "Complete", "Hot")
    const answer = await world.alc.callback(world.webhook(), lead)
    assert.deepEqual([answer.status, await answer.text()], [200, ""])
    assert.deepEqual(world.attio.values(ADA).alc_status, [{value: "Complete"}])

    assert.deepEqual((await world.ask("DELETE", "/connections")).json, {connected: false})
    assert.equal(world.alc.webhooks.size, 0)
    assert.deepEqual((await world.state()).handlers, [])
})

test("what the person would read when it cannot be sent", async (t) => {
    const world = await startWorld(t, EXAMPLE_APP)
    const titleOf = async (/** @type {string} */ recordId) => (await world.press(recordId)).alerts[0]?.title
    assert.equal(await titleOf(NOBODY), "Failed to load person data")
    assert.equal(await titleOf(GRACE), "No phone number found")

    const unconnected = await world.press(ADA)
    assert.equal(unconnected.alerts[0].title, "Failed to send to ALC")
    assert.deepEqual(
        unconnected.serverCalls.map(({ok}) => ok),
        [false]
    )
    assert.ok(unconnected.toasts.every(({hidden}) => hidden))
})

test("a body the app does not understand is answered with what the app says", async (t) => {
    const world = await startWorld(t, EXAMPLE_APP)
    await world.connect()
    const answer = await fetch(world.webhook().url, {method: "POST", body: '{"record_id": ""}'})
    assert.deepEqual([answer.status, await answer.text()], [400, "Bad Request"])

    const broken = await fetch(world.webhook().url, {method: "POST", body: "{"})
    assert.equal(broken.status, 500)
    assert.equal((await fetch(`${world.host.url}/hooks/nobody`, {method: "POST"})).status, 404)
})
