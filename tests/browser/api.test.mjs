/** The page that explains the API, as a partner's developer reads it: no script, by day and by night. */

import assert from "node:assert/strict"
import {after, before, test} from "node:test"
import {Service} from "../strangers/service.mjs"
import {findChromium, launch} from "./chromium.mjs"
import {looksRight} from "./looks.mjs"

const chromium = findChromium()
const cause = "missing" in chromium ? chromium.missing : null
if (cause !== null && process.env.CI === "true") {
    throw new Error(`Nothing may be skipped with CI=true, but ${cause}`)
}
/** @type {import("node:test").TestOptions} */
const options = {skip: cause ?? false, timeout: 90_000}

/** @type {Service} */
let service
/** @type {import("playwright-core").Browser} */
let browser
/** @type {import("playwright-core").Page} */
let page

before(async () => {
    if (!("path" in chromium)) return
    service = await Service.start()
    browser = await launch(chromium.path)
    const context = await browser.newContext({locale: "en-GB", javaScriptEnabled: false})
    context.setDefaultTimeout(20_000)
    page = await context.newPage()
})

after(async () => {
    await browser?.close()
    await service?.stop()
})

test("every route of the description is on the page", options, async () => {
    const description = await (await fetch(`${service.url}/openapi.json`)).json()
    const methods = new Set(["get", "post", "put", "patch", "delete"])
    const described = Object.values(description.paths).flatMap((path) =>
        Object.entries(path).filter(([method]) => methods.has(method))
    )
    await page.goto(`${service.url}/docs`)
    await page.getByRole("heading", {name: "API of Acme Lead Checker", level: 1}).waitFor()
    assert.equal(await page.locator(".route").count(), described.length)
    await looksRight(page, "the API")
})

test("from a route to what can go wrong there, and what to do then", options, async () => {
    const routes = page.getByRole("navigation", {name: "Routes"})
    await routes.getByRole("link", {name: "Replay everything since a moment", exact: false}).click()
    const route = page.getByRole("article").filter({has: page.locator("#replaySince")})
    await route.getByText(/^Problems: /).click()
    await route.getByRole("link", {name: "webhook_disabled"}).click()
    await page.getByRole("heading", {level: 1}).waitFor()
    assert.match(page.url(), /\/problems\/webhook_disabled$/)
    await looksRight(page, "a problem")
})
