import type {Connection} from "attio/server"
import {beforeEach, expect, test, vi} from "vitest"
import connectionAdded from "../src/app/events/connection-added.event"
import connectionRemoved from "../src/app/events/connection-removed.event"
import {loadRules} from "../src/core/rules"
import {kvEntries, listWebhookHandlers, resetAttio} from "./stand-ins/attio-server"
import {type Answer, stubNetwork} from "./stand-ins/network"

const ATTRIBUTES = "/v2/objects/people/attributes"

beforeEach(() => {
    resetAttio()
    vi.spyOn(console, "error").mockImplementation(() => {})
})

function connectionNamed(id: string): {connection: Connection} {
    const createdBy = {type: "user", id: "u"} as const
    return {
        connection: {
            id,
            value: `token-of-${id}`,
            connection_key: "default",
            createdBy,
            ownedBy: {type: "workspace", id: "w"},
        },
    }
}

/** Everything is there already at Attio, and ALC takes what it is given. */
function stubSystems(answers: Record<string, Answer | Answer[]> = {}) {
    const attributes = loadRules().recordAttributes()
    const options = attributes.flatMap((each) => each.options).map((title) => ({title}))
    return stubNetwork({
        [`GET ${ATTRIBUTES}?show_archived=true`]: {
            json: {data: attributes.map(({slug, type}) => ({api_slug: slug, type, is_archived: false}))},
        },
        [`GET ${ATTRIBUTES}/alc_interest/options`]: {json: {data: options}},
        "POST /api/v1/webhooks": {status: 201, json: {webhook_id: "wh_1", secret: "whsec_x"}},
        "GET /api/v1/webhooks": {json: {data: []}},
        "POST /v2/objects/people/records/query": {json: {data: []}},
        "DELETE /api/v1/webhooks/wh_1": {status: 204},
        ...answers,
    })
}

test("what is there already is not made again", async () => {
    const asked = stubSystems()
    await connectionAdded(connectionNamed("c1"))
    expect(asked.filter(({method}) => method === "POST").map(({url}) => url)).toEqual([
        "https://api.acmeleadchecker.ai/api/v1/webhooks",
    ])
    expect(asked.at(-1)?.headers["Authorization"]).toBe("Bearer token-of-c1")
    expect(kvEntries()).toEqual({
        subscriptions: [{handlerId: "handler-1", webhookId: "wh_1", secret: "whsec_x", connectionId: "c1"}],
    })
})

test("an archived attribute is taken back, a missing option is added", async () => {
    const [first, ...rest] = loadRules().recordAttributes()
    const asked = stubSystems({
        [`GET ${ATTRIBUTES}?show_archived=true`]: {
            json: {
                data: [
                    {api_slug: first?.slug, type: first?.type, is_archived: true},
                    ...rest.map(({slug, type}) => ({api_slug: slug, type, is_archived: false})),
                ],
            },
        },
        [`PATCH ${ATTRIBUTES}/${first?.slug}`]: {json: {data: {}}},
        [`GET ${ATTRIBUTES}/alc_interest/options`]: {json: {data: [{title: "Hot"}]}},
        [`POST ${ATTRIBUTES}/alc_interest/options`]: {json: {data: {}}},
    })
    await connectionAdded(connectionNamed("c1"))
    expect(asked.find(({method}) => method === "PATCH")?.body).toEqual({data: {is_archived: false}})
    const added = asked.filter(({url}) => url.endsWith("/options")).flatMap(({body}) => body ?? [])
    expect(added).toHaveLength(6)
    expect(added).not.toContainEqual({data: {title: "Hot"}})
})

test("a failure half-way takes back what was made, and what cannot be taken back is remembered", async () => {
    const {kv} = await import("./stand-ins/attio-server")
    const set = vi.spyOn(kv, "set").mockRejectedValueOnce(new Error("full"))
    stubSystems({"DELETE /api/v1/webhooks/wh_1": [{status: 503}, {status: 204}]})
    await expect(connectionAdded(connectionNamed("c1"))).rejects.toThrow(
        /could not be connected.*\(attio_memory_failed\)$/
    )
    expect(set).toHaveBeenCalled()
    expect(await listWebhookHandlers()).toEqual([])
    expect(kvEntries()).toEqual({leftovers: [{handlerId: null, webhookId: "wh_1"}]})

    await connectionRemoved(connectionNamed("c1"))
    expect(kvEntries()).toEqual({})
})

test("removing goes on past a failure", async () => {
    stubSystems({
        "POST /api/v1/webhooks": [
            {status: 201, json: {webhook_id: "wh_1", secret: "whsec_x"}},
            {status: 201, json: {webhook_id: "wh_2", secret: "whsec_y"}},
        ],
        "DELETE /api/v1/webhooks/wh_1": new TypeError("no network"),
        "DELETE /api/v1/webhooks/wh_2": {status: 404},
    })
    await connectionAdded(connectionNamed("c1"))
    await connectionAdded(connectionNamed("c1"))
    await connectionRemoved(connectionNamed("c1"))
    expect(await listWebhookHandlers()).toEqual([])
    expect(kvEntries()).toEqual({leftovers: [{handlerId: null, webhookId: "wh_1"}]})
})

test("removing an old connection leaves the new one's subscription alone", async () => {
    stubSystems({
        "POST /api/v1/webhooks": [
            {status: 201, json: {webhook_id: "wh_1", secret: "whsec_x"}},
            {status: 201, json: {webhook_id: "wh_2", secret: "whsec_y"}},
        ],
    })
    await connectionAdded(connectionNamed("old"))
    await connectionAdded(connectionNamed("new"))
    await connectionRemoved(connectionNamed("old"))
    expect((await listWebhookHandlers()).map(({externalWebhookId}) => externalWebhookId)).toEqual(["wh_2"])
    expect(kvEntries()).toMatchObject({subscriptions: [{webhookId: "wh_2", connectionId: "new"}]})
})
