import {afterEach, beforeEach, expect, test, vi} from "vitest"
import {exchange, type ExchangeRequest} from "../src/exchange"
import {stubNetwork} from "./stand-ins/network"

const NOW = Date.parse("2026-11-21T10:00:00Z")

beforeEach(() => {
    vi.useFakeTimers({now: NOW})
    vi.spyOn(Math, "random").mockReturnValue(0)
    vi.spyOn(console, "error").mockImplementation(() => {})
})
afterEach(() => vi.useRealTimers())

const request: ExchangeRequest = {
    method: "POST",
    url: "https://api.example.com/things",
    token: "t",
    body: {a: 1},
    until: NOW + 20_000,
}

test("sends JSON with the token and gives status and text", async () => {
    const asked = stubNetwork({"POST /things": {status: 201, json: {id: 1}}})
    expect(await exchange(request)).toEqual({ok: true, reply: {status: 201, text: '{"id":1}'}})
    expect(asked).toEqual([
        {
            method: "POST",
            url: "https://api.example.com/things",
            headers: {
                Accept: "application/json",
                Authorization: "Bearer t",
                "Content-Type": "application/json",
            },
            body: {a: 1},
        },
    ])
})

test("gives up on an answer after eight seconds", async () => {
    stubNetwork({"POST /things": "never"})
    const exchanged = exchange(request)
    await vi.advanceTimersByTimeAsync(7_999)
    await vi.advanceTimersByTimeAsync(1)
    expect(await exchanged).toEqual({ok: false, reason: "timeout"})
    expect(Date.now() - NOW).toBe(8_000)
})

test("asks nothing once its time is over, and never waits longer than it has", async () => {
    const asked = stubNetwork({"POST /things": "never"})
    expect(await exchange({...request, until: NOW})).toEqual({ok: false, reason: "timeout"})
    expect(asked).toEqual([])
    const short = exchange({...request, until: NOW + 500})
    await vi.advanceTimersByTimeAsync(500)
    expect(await short).toEqual({ok: false, reason: "timeout"})
})

test("a network without an answer is unreachable, and its cause is not logged in full", async () => {
    stubNetwork({"POST /things": new TypeError("connect ECONNREFUSED 10.0.0.1")})
    expect(await exchange(request)).toEqual({ok: false, reason: "unreachable"})
    expect(JSON.stringify(vi.mocked(console.error).mock.calls)).not.toContain("10.0.0.1")
})

test.each([
    ["a date, as Attio says it", "Sat, 21 Nov 2026 10:00:03 GMT", 3_000],
    ["seconds", "2", 2_000],
    ["a date in the past", "Sat, 21 Nov 2026 09:00:00 GMT", 100],
    ["far too long", "3600", 5_000],
    ["nonsense", "soon", 1_000],
])("a 429 is asked again after %s", async (_, retryAfter, pause) => {
    const asked = stubNetwork({
        "POST /things": [
            {status: 429, headers: {"Retry-After": retryAfter}},
            {status: 200, json: {}},
        ],
    })
    const exchanged = exchange(request)
    await vi.advanceTimersByTimeAsync(pause - 1)
    expect(asked).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(await exchanged).toMatchObject({ok: true, reply: {status: 200}})
})

test("a 429 that would outlast the caller's time is given back", async () => {
    stubNetwork({"POST /things": {status: 429, headers: {"Retry-After": "2"}}})
    expect(await exchange({...request, until: NOW + 1_500})).toMatchObject({ok: true, reply: {status: 429}})
})
