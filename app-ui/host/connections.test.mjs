import assert from "node:assert/strict"
import {createHash} from "node:crypto"
import {mkdtempSync, readFileSync} from "node:fs"
import {tmpdir} from "node:os"
import path from "node:path"
import {test} from "node:test"
import {ADA, EXAMPLE_APP, startWorld} from "./test-world/world.mjs"

/** @param {import("node:test").TestContext} t @param {string[]} more */
const startWithOAuth = (t, more = []) =>
    startWorld(t, EXAMPLE_APP, ({alc}) => [
        ...["--client-id", "attio", "--client-secret", "s/ecret"],
        ...["--authorize-url", `${alc.url}/oauth/authorize`, "--token-url", `${alc.url}/oauth/token`],
        ...more,
    ])

/** @param {Awaited<ReturnType<typeof startWorld>>} world @param {Record<string, string>} [changes] */
async function authorize(world, changes = {}) {
    const started = await world.ask("GET", "/connections/start")
    assert.equal(started.status, 302)
    const asked = new URL(started.headers.get("location") ?? "").searchParams
    const answer = new URLSearchParams({
        code: "the-code",
        state: asked.get("state") ?? "",
        iss: world.alc.url,
        ...changes,
    })
    return {asked, finished: await world.ask("GET", `/connections/callback?${answer}`)}
}

test("connecting through OAuth proves the code with PKCE and names the client", async (t) => {
    const world = await startWithOAuth(t)
    const {asked, finished} = await authorize(world)
    assert.deepEqual([finished.status, finished.json], [200, {connected: true}])
    assert.deepEqual(
        ["response_type", "client_id", "redirect_uri", "code_challenge_method", "scope"].map((name) =>
            asked.get(name)
        ),
        ["code", "attio", `${world.host.url}/connections/callback`, "S256", null]
    )

    const [exchange] = world.alc.askedFor("POST", "/oauth/token")
    assert.equal(exchange.headers.authorization, `Basic ${Buffer.from("attio:s%2Fecret").toString("base64")}`)
    const form = new URLSearchParams(exchange.body)
    assert.deepEqual(
        ["grant_type", "code", "redirect_uri"].map((name) => form.get(name)),
        ["authorization_code", "the-code", `${world.host.url}/connections/callback`]
    )
    const challenge = createHash("sha256")
        .update(form.get("code_verifier") ?? "")
        .digest("base64url")
    assert.equal(challenge, asked.get("code_challenge"))

    assert.equal((await world.press(ADA)).alerts.length, 0)
    const [lead] = world.alc.askedFor("POST", "/api/v1/leads")
    assert.equal(lead.headers.authorization, `Bearer ${world.alc.tokens.at(-1)}`)
})

test("an answer that this host did not ask for connects nothing", async (t) => {
    const world = await startWithOAuth(t)
    for (const [changes, code] of /** @type {[Record<string, string>, string][]} */ ([
        [{state: "guessed"}, "state_unknown"],
        [{iss: "https://elsewhere.example"}, "issuer_mismatch"],
        [{error: "access_denied"}, "access_denied"],
    ])) {
        const {finished} = await authorize(world, changes)
        assert.deepEqual([finished.status, finished.json.code], [400, code])
    }
    const {asked} = await authorize(world)
    const again = await world.ask(
        "GET",
        `/connections/callback?code=c&state=${asked.get("state")}&iss=${world.alc.url}`
    )
    assert.equal(again.json.code, "state_unknown", "a state is good for one answer")
    assert.equal(world.alc.askedFor("POST", "/oauth/token").length, 1)
})

test("a provider that refuses the code is reported, and nothing is kept", async (t) => {
    const world = await startWithOAuth(t)
    world.alc.once("POST", "/oauth/token", {status: 400, json: {error: "invalid_grant"}})
    const {finished} = await authorize(world)
    assert.deepEqual([finished.status, finished.json.code], [502, "token_refused"])
    assert.match(finished.json.message, /invalid_grant/)
    assert.equal((await world.state()).connection, null)
})

test("when connection-added throws, the connection is refused with its message", async (t) => {
    const world = await startWorld(t, EXAMPLE_APP)
    world.alc.once("POST", "/api/v1/webhooks", {status: 503})
    const refused = await world.connect()
    assert.equal(refused.status, 502)
    assert.deepEqual(refused.json, {
        code: "connection_added_failed",
        message: "ALC answered 503 to the webhook",
    })
    assert.equal((await world.state()).connection, null)

    assert.equal((await world.connect()).status, 200)
    assert.equal((await world.connect()).json.code, "already_connected")
})

test("a token about to expire is renewed once, however many calls need it", async (t) => {
    const world = await startWithOAuth(t)
    world.alc.once("POST", "/oauth/token", {
        json: {access_token: "pasted-token", token_type: "Bearer", expires_in: 30, refresh_token: "r1"},
    })
    await authorize(world)
    const shown = await Promise.all([world.press(ADA), world.press(ADA), world.press(ADA)])
    assert.ok(shown.every(({alerts}) => alerts.length === 0))

    const exchanges = world.alc.askedFor("POST", "/oauth/token")
    assert.equal(exchanges.length, 2)
    const form = new URLSearchParams(exchanges[1].body)
    assert.deepEqual([form.get("grant_type"), form.get("refresh_token")], ["refresh_token", "r1"])
    const used = world.alc.askedFor("POST", "/api/v1/leads").map(({headers}) => headers.authorization)
    assert.deepEqual(new Set(used), new Set([`Bearer ${world.alc.tokens.at(-1)}`]))
})

test("a connection whose renewal is refused has expired; one whose provider is down has not", async (t) => {
    const world = await startWithOAuth(t)
    world.alc.once("POST", "/oauth/token", {
        json: {access_token: "pasted-token", expires_in: 30, refresh_token: "r1"},
    })
    await authorize(world)
    world.alc.once("POST", "/oauth/token", {status: 503})
    assert.equal((await world.press(ADA)).alerts.length, 0)

    world.alc.once("POST", "/oauth/token", {status: 400, json: {error: "invalid_grant"}})
    assert.equal((await world.press(ADA)).alerts.length, 1)
    assert.equal((await world.state()).connection.isExpired, true)
})

test("connection, kv and handlers outlive the host", async (t) => {
    const data = path.join(mkdtempSync(path.join(tmpdir(), "host-")), "host.json")
    const before = await startWithOAuth(t, ["--data", data])
    await authorize(before)
    const remembered = await before.state()
    await before.host.close()

    const after = await startWithOAuth(t, ["--data", data])
    const {connection, handlers, kv} = await after.state()
    assert.deepEqual([connection, kv], [remembered.connection, remembered.kv])
    const idsOf = (/** @type {any[]} */ each) =>
        each.map(({id, externalWebhookId}) => [id, externalWebhookId])
    assert.deepEqual(idsOf(handlers), idsOf(remembered.handlers))
    assert.match(readFileSync(data, "utf8"), /refresh-/)
})
