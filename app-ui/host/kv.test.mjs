import assert from "node:assert/strict"
import {test} from "node:test"
import {Kv} from "./kv.mjs"
import {Storage} from "./storage.mjs"

test("values come back as JSON would bring them, and missing ones are null", async () => {
    const kv = new Kv(new Storage(null)).sdk()
    const value = {list: [1, {deep: null}], gone: undefined}
    await kv.set("a", value)
    value.list.push(2)
    assert.deepEqual(await kv.get("a"), {value: {list: [1, {deep: null}]}})
    assert.equal(await kv.get("b"), null)
    assert.deepEqual(await kv.mget(["a", "b"]), {a: {value: {list: [1, {deep: null}]}}, b: null})
    await kv.delete("a")
    await kv.delete("never there")
    assert.equal(await kv.get("a"), null)
})

test("a key is only a key, and what is not JSON is refused", async () => {
    const kv = new Kv(new Storage(null)).sdk()
    await kv.set("__proto__", "value")
    assert.deepEqual(await kv.get("__proto__"), {value: "value"})
    assert.equal(await kv.get("toString"), null)
    await assert.rejects(
        kv.set("f", () => {}),
        /not JSON/
    )
    await assert.rejects(kv.get(""), /must be a text/)
})

test("a value with a time to live is gone after it", async (t) => {
    t.mock.timers.enable({apis: ["Date"], now: 1_000_000})
    const storage = new Storage(null)
    const kv = new Kv(storage)
    await kv.sdk().set("short", 1, {ttlInSeconds: 60})
    await kv.sdk().set("long", 2)
    t.mock.timers.tick(59_999)
    assert.deepEqual(kv.snapshot(), {short: 1, long: 2})
    t.mock.timers.tick(1)
    assert.deepEqual(kv.snapshot(), {long: 2})
    await kv.sdk().set("next", 3)
    assert.deepEqual(Object.keys(storage.now.kv).sort(), ["long", "next"])
})
