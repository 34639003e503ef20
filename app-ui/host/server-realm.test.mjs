import assert from "node:assert/strict"
import {test} from "node:test"
import {ServerRealm} from "./server-realm.mjs"

/** @param {string} code what a bundle leaves behind: its entry functions as top-level variables */
function realmOf(code) {
    const surroundings = /** @type {any} */ ({
        name: "test",
        enums: {},
        webAssembly: true,
        env: {GREETING: "hello"},
        attioToken: "token",
        fetch: async () => new Response("{}"),
        kv: {
            sdk: () => ({
                get: async () => null,
                set: async () => {},
                mget: async () => ({}),
                delete: async () => {},
            }),
        },
        handlers: {sdk: () => ({})},
        connections: {
            refresh: async () => {},
            workspaceConnection: () => ({value: "v"}),
            currentUser: () => ({id: "u"}),
        },
    })
    return new ServerRealm(code, "server.js", surroundings)
}

test("arguments and results are JSON, as over the wire", async () => {
    const realm = realmOf(
        "var stdin_default = async (id, args) => ({id, args, at: new Date(0), not: undefined})"
    )
    assert.deepEqual(await realm.callFunction("f", [{a: undefined, b: new Date(0)}, undefined]), {
        id: "f",
        args: [{b: "1970-01-01T00:00:00.000Z"}, null],
        at: "1970-01-01T00:00:00.000Z",
    })
    const nothing = realmOf("var stdin_default = async () => undefined")
    assert.equal(await nothing.callFunction("f", []), undefined)
})

test("of an error only name, message and code come out", async () => {
    const realm = realmOf(`var stdin_default = async () => {
        throw Object.assign(new RangeError("too far"), {code: "far", secret: "s"})
    }`)
    const error = await realm.callFunction("f", []).catch((thrown) => thrown)
    assert.deepEqual(
        [error.name, error.message, error.code, error.secret],
        ["RangeError", "too far", "far", undefined]
    )
})

test("the environment and the SDK are there", async () => {
    const realm = realmOf(`var stdin_default = async () => {
        const sdk = ATTIO_SERVER_APP_SDK
        return [process.env.GREETING, sdk.ATTIO_API_TOKEN, sdk.getWorkspaceConnection().value, sdk.getCurrentUser().id]
    }`)
    assert.deepEqual(await realm.callFunction("f", []), ["hello", "token", "v", "u"])
})

test("a call ends after thirty seconds, whatever it is still waiting for", async (t) => {
    t.mock.timers.enable({apis: ["setTimeout"]})
    const realm = realmOf("var stdin_default = () => new Promise(() => {})")
    const answer = assert.rejects(realm.callFunction("f", []), /within 30 seconds/)
    // The limit starts once the connection has been looked after.
    await new Promise((resolve) => setImmediate(resolve))
    t.mock.timers.tick(30_000)
    await answer
})

test("a webhook must answer a Response", async () => {
    const realm = realmOf(`var stdin_webhooks_default = async (id, [request]) =>
        id === "good" ? new Response(await request.text(), {status: 202}) : "fine"`)
    const request = () => new Request("http://host/hooks/1", {method: "POST", body: "text"})
    const response = await realm.callWebhook("good", request())
    assert.deepEqual([response.status, await response.text()], [202, "text"])
    await assert.rejects(realm.callWebhook("bad", request()), /answered no Response/)
})
