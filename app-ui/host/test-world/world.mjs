/** A whole small world for a test: local Attio and ALC, and a host around an app, all in this process. */

import {existsSync} from "node:fs"
import {fileURLToPath} from "node:url"
import {startHost} from "../host.mjs"
import {readOptions} from "../options.mjs"
import {startAlc} from "./alc.mjs"
import {ADA, NOBODY, personValues, startAttio} from "./attio.mjs"

export const EXAMPLE_APP = fileURLToPath(new URL("../fixtures/sdk-example", import.meta.url))
export const OUR_APP = fileURLToPath(new URL("../..", import.meta.url))
export const GRACE = "22222222-2222-4222-8222-222222222222"
export {ADA, NOBODY}

/**
 * @param {import("node:test").TestContext} test everything ends with it
 * @param {string} app
 * @param {(world: {alc: import("./alc.mjs").LocalAlc, attio: import("./attio.mjs").LocalAttio}) => string[]} [more] options of the host
 */
export async function startWorld(test, app, more = () => []) {
    for (const file of ["dist/index.js", "dist/server.js"]) {
        if (!existsSync(`${app}/${file}`))
            throw new Error(`${app}/${file} is missing: "npm run build" in app-ui`)
    }
    const attio = await startAttio({
        [ADA]: personValues("Ada Lovelace", ["07911 123456"], "GB"),
        [GRACE]: personValues("Grace Hopper", [], "US"),
    })
    const alc = await startAlc()
    const host = await startHost(
        readOptions([
            ...["--app", app, "--attio", attio.url, "--route", `api.acmeleadchecker.ai=${alc.url}`],
            ...more({alc, attio}),
        ])
    )
    test.after(async () => {
        await host.close()
        await Promise.all([alc.close(), attio.close()])
    })

    /**
     * @param {string} method
     * @param {string} path
     * @param {unknown} [body]
     */
    async function ask(method, path, body) {
        const response = await fetch(`${host.url}${path}`, {
            method,
            redirect: "manual",
            ...(body === undefined ? {} : {body: JSON.stringify(body)}),
        })
        const text = await response.text()
        /** @type {any} */
        const json = text === "" ? null : JSON.parse(text)
        return {status: response.status, headers: response.headers, json}
    }

    return {
        alc,
        attio,
        host,
        ask,
        connect: () => ask("POST", "/connections", {value: "pasted-token"}),
        /** @param {string} recordId */
        press: async (recordId) => {
            /** @type {import("../client-realm.mjs").Shown} */
            const shown = (await ask("POST", "/actions/send-to-alc", {recordId, object: "people"})).json
            return shown
        },
        state: async () => (await ask("GET", "/state")).json,
        /** The one webhook registered at ALC. */
        webhook: () => [...alc.webhooks.values()][0],
        /** The one lead at ALC. */
        lead: () => [...alc.leads.values()][0],
    }
}
