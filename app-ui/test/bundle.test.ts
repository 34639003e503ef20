/** What `attio build` made of the app. A server module imported under a wrong name would end up in every browser. */

import {existsSync, readFileSync} from "node:fs"
import {expect, test} from "vitest"

function bundle(name: string): string {
    const file = new URL(`../dist/${name}`, import.meta.url)
    if (!existsSync(file)) throw new Error(`dist/${name} is missing: npm run build`)
    return readFileSync(file, "utf8")
}

test.each([
    ["the server's SDK", "ATTIO_SERVER_APP_SDK"],
    ["ALC's address", "api.acmeleadchecker.ai"],
    ["Attio's API", "api.attio.com"],
    ["the token", "ATTIO_API_TOKEN"],
    ["the network", "fetch("],
    ["the core", "WebAssembly"],
])("the client bundle has nothing of %s", (_, trace) => {
    expect(bundle("server.js")).toContain(trace)
    expect(bundle("index.js")).not.toContain(trace)
})

test("server functions are called over the wire, under the names the server knows", () => {
    const called = [...bundle("index.js").matchAll(/runServerFunction\("([^"]+)"/g)].map(([, id]) => id)
    const known = [...bundle("server.js").matchAll(/^modules\.set\("([^"]+)"/gm)].map(([, id]) => id)
    expect(called).toEqual(["app/extensions/send-to-alc/send-lead.server"])
    expect(known).toEqual(expect.arrayContaining(called))
})

test("webhook and events are there under the names Attio calls", () => {
    const server = bundle("server.js")
    for (const entry of [
        'webhookModules.set("lead-processed"',
        'eventModules.set("connection-added"',
        'eventModules.set("connection-removed"',
    ]) {
        expect(server).toContain(entry)
    }
})

test("the bundles use nothing that Attio calls experimental or deprecated", () => {
    for (const name of ["index.js", "server.js"])
        expect(bundle(name)).not.toMatch(/experimental_|Experimental_|attioFetch/)
})
