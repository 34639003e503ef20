import assert from "node:assert/strict"
import {test} from "node:test"
import {routedFetch} from "./routing.mjs"
import {Remote} from "./test-world/remote.mjs"

test("requests go to the route of their host, with path, query, method, headers and body", async (t) => {
    const remote = await new Remote(() => ({json: {fine: true}})).listen()
    t.after(() => remote.close())
    const fetch = routedFetch(new Map([["api.example.com", `${remote.url}/base`]]))

    const response = await fetch("https://api.example.com/v1/things?limit=2", {
        method: "PUT",
        headers: {"content-type": "application/json", authorization: "Bearer t"},
        body: '{"a":1}',
    })
    assert.deepEqual(await response.json(), {fine: true})
    await fetch(new Request("https://api.example.com/again", {method: "POST", body: "text"}))

    const [first, second] = remote.asked
    assert.deepEqual(
        [first.method, first.path, first.query.get("limit"), first.headers.authorization, first.body],
        ["PUT", "/base/v1/things", "2", "Bearer t", {a: 1}]
    )
    assert.deepEqual([second.method, second.path, second.body], ["POST", "/base/again", "text"])
})

test("nothing without a route is reached", async (t) => {
    const remote = await new Remote(() => ({
        status: 302,
        headers: {location: "https://elsewhere.example/"},
    })).listen()
    t.after(() => remote.close())
    const fetch = routedFetch(new Map([["api.example.com", remote.url]]))

    await assert.rejects(fetch("https://elsewhere.example/"), /--route elsewhere\.example=URL/)
    await assert.rejects(fetch(remote.url), /no route/)
    await assert.rejects(fetch("file:///etc/hostname"), /only http and https/)
    await assert.rejects(fetch("/v1/things"), /not an absolute URL/)
    await assert.rejects(fetch("https://api.example.com/"), /redirects to https:\/\/elsewhere\.example/)
    assert.equal(remote.asked.length, 1)
})
