import assert from "node:assert/strict"
import {spawn} from "node:child_process"
import {once} from "node:events"
import {mkdirSync, mkdtempSync, writeFileSync} from "node:fs"
import {tmpdir} from "node:os"
import path from "node:path"
import {test} from "node:test"
import {startWorld} from "./test-world/world.mjs"

/** A built app in a folder of its own, as small as one can be. */
function tinyApp() {
    const app = mkdtempSync(path.join(tmpdir(), "tiny-app-"))
    mkdirSync(path.join(app, "dist/workflow"), {recursive: true})
    const files = {
        "package.json": '{"name": "tiny"}',
        "dist/index.js": `registerSurfaces({"record-action": [
            {id: "on-companies", objects: "companies", onTrigger: async () => {}},
            {id: "by-rule", objects: ({object, isStandard}) => object === "people" && isStandard, onTrigger: async ({recordId}) => {
                const {confirm, showToast} = ATTIO_CLIENT_EXTENSION_SDK
                const {updateToast} = await showToast({title: recordId, variant: "neutral", action: {label: "Open", onClick() {}}})
                await updateToast({progress: 50})
                await confirm({title: "Sure?"})
                throw new TypeError("broken")
            }},
        ]})`,
        "dist/server.js": "var webhookModules = new Map(), stdin_events_default = async () => {}",
        "dist/workflow/greet.js": `var stdin_workflow_block_handlers_default = async (id, handler, [config, metadata]) => {
            if (handler !== "execute") throw new Error("no " + handler)
            return {type: "outcome", id, data: [config.name, metadata.uniqueExecutionId]}
        }`,
    }
    for (const [name, text] of Object.entries(files)) writeFileSync(path.join(app, name), text)
    return app
}

test("an action is shown where it is offered, and what it throws is told", async (t) => {
    const world = await startWorld(t, tinyApp())
    const press = async (/** @type {string} */ id) =>
        (await world.ask("POST", `/actions/${id}`, {recordId: "r1", object: "people"})).json
    assert.equal((await press("on-companies")).error.name, "NotOffered")

    const shown = await press("by-rule")
    assert.deepEqual(shown.toasts, [
        {title: "r1", variant: "neutral", action: {label: "Open"}, progress: 50, hidden: false},
    ])
    assert.deepEqual(shown.confirms, [{title: "Sure?"}])
    assert.deepEqual(shown.error, {name: "TypeError", message: "broken"})
})

test("a workflow block runs in its own bundle", async (t) => {
    const world = await startWorld(t, tinyApp())
    const given = {config: {name: "Ada"}, metadata: {uniqueExecutionId: "e1"}}
    const ran = await world.ask("POST", "/blocks/greet/execute", given)
    assert.deepEqual(ran.json, {result: {type: "outcome", id: "greet", data: ["Ada", "e1"]}, error: null})
    const failed = await world.ask("POST", "/blocks/greet/activate", given)
    assert.deepEqual(failed.json.error, {name: "Error", message: "no activate"})
    assert.equal((await world.ask("POST", "/blocks/unknown/execute", given)).json.code, "block_unknown")
    assert.equal((await world.ask("POST", "/blocks/..%2Fserver/execute", given)).json.code, "block_unknown")
})

test("what makes no sense is refused with a code and a cure", async (t) => {
    const world = await startWorld(t, tinyApp())
    for (const [
        method,
        address,
        body,
        status,
        code,
    ] of /** @type {[string, string, unknown, number, string][]} */ ([
        ["GET", "/nothing", undefined, 404, "not_found"],
        ["GET", "/state/deeper/still", undefined, 404, "not_found"],
        ["POST", "/actions/unknown", {recordId: "r", object: "people"}, 404, "action_unknown"],
        ["POST", "/actions/by-rule", {object: "people"}, 400, "record_missing"],
        ["POST", "/connections", {}, 400, "value_missing"],
        ["GET", "/connections/start", undefined, 409, "oauth_not_configured"],
        ["DELETE", "/connections", undefined, 404, "not_connected"],
        ["POST", "/actions/by-rule", "x".repeat(1024 * 1024), 413, "body_too_large"],
    ])) {
        const answer = await world.ask(method, address, body)
        assert.deepEqual([answer.status, answer.json.code], [status, code], `${method} ${address}`)
    }
})

const MAIN = new URL("./main.mjs", import.meta.url).pathname

/** @param {string[]} args */
async function startProcess(args) {
    const child = spawn(process.execPath, [MAIN, ...args], {stdio: ["ignore", "pipe", "pipe"]})
    const [line] = await once(child.stdout, "data")
    const url = /^listening on (http:\S+)\n$/.exec(String(line))?.[1]
    assert.ok(url, String(line))
    return {child, url}
}

test("killed and started again, the host still has what it kept", async () => {
    const app = tinyApp()
    const args = ["--app", app, "--attio", "http://127.0.0.1:9", "--data", path.join(app, "host.json")]
    const first = await startProcess(args)
    await fetch(`${first.url}/connections`, {method: "POST", body: '{"value": "secret-token"}'})
    first.child.kill("SIGKILL")
    await once(first.child, "exit")

    const second = await startProcess(args)
    const state = await (await fetch(`${second.url}/state`)).text()
    assert.match(state, /"connection":\{"id"/)
    assert.doesNotMatch(state, /secret-token/)
    second.child.kill("SIGTERM")
    assert.deepEqual(await once(second.child, "exit"), [0, null])
})

test("a wrong command line ends with status 2 and says why", async () => {
    const child = spawn(process.execPath, [MAIN, "--app", "somewhere"], {stdio: ["ignore", "ignore", "pipe"]})
    let said = ""
    child.stderr.on("data", (text) => {
        said += text
    })
    assert.deepEqual(await once(child, "close"), [2, null])
    assert.match(said, /--attio is missing/)
})
