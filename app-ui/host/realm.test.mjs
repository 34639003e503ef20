import assert from "node:assert/strict"
import {test} from "node:test"
import vm from "node:vm"
import {describe, Realm, sharedGlobals} from "./realm.mjs"

/** @param {{webAssembly?: boolean}} [options] */
function realmWith({webAssembly = true} = {}) {
    const realm = new Realm("test", {webAssembly})
    realm.define({...sharedGlobals("test"), host: {}})
    /** @param {string} code */
    const run = (code) => {
        realm.run(new vm.Script(`var result = ${code}`))
        return realm.globals.result
    }
    return {realm, run}
}

test("a realm has the language, what Attio documents, and nothing of Node", () => {
    const {run} = realmWith()
    const absent = [
        "process",
        "require",
        "Buffer",
        "fetch",
        "crypto",
        "atob",
        "btoa",
        "AbortController",
        "structuredClone",
    ]
    for (const name of absent) assert.equal(run(`typeof ${name}`), "undefined", name)
    const present = [
        "Promise",
        "Map",
        "TextEncoder",
        "TextDecoder",
        "setTimeout",
        "queueMicrotask",
        "console",
    ]
    for (const name of present) assert.notEqual(run(`typeof ${name}`), "undefined", name)
    assert.throws(() => run('eval("1")'), /Code generation from strings disallowed/)
})

test("WebAssembly is there, or not, as asked", () => {
    const emptyModule =
        "new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])) instanceof WebAssembly.Module"
    assert.equal(realmWith().run(emptyModule), true)
    assert.equal(realmWith({webAssembly: false}).run("typeof WebAssembly"), "undefined")
})

test("what a lent function returns and throws belongs to the realm", async () => {
    const {realm, run} = realmWith()
    realm.globals.host.list = realm.lend(async () => [1, {two: 2}])
    realm.globals.host.fail = realm.lend(async () => {
        throw Object.assign(new TypeError("no"), {code: "no-luck"})
    })
    assert.equal(
        await run("host.list().then((list) => list instanceof Array && list[1] instanceof Object)"),
        true
    )
    assert.deepEqual(
        describe(await run("host.fail().catch((error) => error instanceof Error ? error : null)")),
        {name: "TypeError", message: "no", code: "no-luck"}
    )
})

test("anything can be thrown and is still described", () => {
    assert.deepEqual(describe("just text"), {name: "Error", message: "just text", code: undefined})
    assert.deepEqual(describe({message: 7}), {name: "Error", message: "[object Object]", code: undefined})
})
