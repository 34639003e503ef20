/** The phones of a workspace in test mode, as a partner's developer uses them: no script, by day and by night. */

import assert from "node:assert/strict"
import {after, before, test} from "node:test"
import {asked, Service} from "../strangers/service.mjs"
import {findChromium, launch} from "./chromium.mjs"
import {looksRight} from "./looks.mjs"

const PHONE = "+447400123456"
const EMAIL = "dev@example.com"
const PASSWORD = "correct horse battery staple"

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
/** @type {string} */
let token

before(async () => {
    if (!("path" in chromium)) return
    service = await Service.start()
    await service.newSandbox("sandbox")
    await service.newUser(EMAIL, PASSWORD, "sandbox")
    token = await service.newToken(["leads:read", "leads:write"], "sandbox")
    browser = await launch(chromium.path)
    const context = await browser.newContext({locale: "en-GB", javaScriptEnabled: false})
    context.setDefaultTimeout(20_000)
    page = await context.newPage()
})

after(async () => {
    await browser?.close()
    await service?.stop()
})

async function send(recordId, name, phoneNumber) {
    return (await asked("POST", `${service.url}/api/v1/leads`, {recordId, name, phoneNumber}, token)).id
}

test("who comes to the phones logs in first", options, async () => {
    await page.goto(`${service.url}/sandbox/phones`)
    await page.getByLabel("Email address").fill(EMAIL)
    await page.getByLabel("Password").fill(PASSWORD)
    await page.getByRole("button", {name: "Log in"}).click()
    await page.getByRole("heading", {name: "Phones of the sandbox", level: 1}).waitFor()
    await page.getByText("No lead was sent in test mode yet").waitFor()
})

test("a lead is texted there, answers, and is done", options, async () => {
    const lead = await send("record 1", "Zoë Quill", PHONE)
    const phone = page.getByRole("region", {name: "Zoë Quill"})
    const texts = phone.getByRole("listitem")
    do await page.getByRole("link", {name: "Look again"}).click()
    while ((await texts.count()) === 0)
    assert.match(await texts.first().innerText(), /Zoë/)

    const answers = async (words) => {
        await phone.getByLabel("Answer as Zoë Quill").fill(words)
        await page.keyboard.press("Enter")
        await texts.filter({hasText: words}).waitFor()
    }
    await answers("who is this?")
    assert.equal(await texts.count(), 3, "what the agent says to that is there at once")
    await answers("yes, call me tomorrow")
    await phone.getByText("complete · Hot").waitFor()
    const told = await asked("GET", `${service.url}/api/v1/leads/${lead}`, undefined, token)
    assert.equal(told.test, true)
    assert.equal(told.outcome.interest, "Hot")
    assert.deepEqual((await asked("GET", `${service.sms}/phones/${encodeURIComponent(PHONE)}`)).messages, [])
})

test("it looks right with long names and long words", options, async () => {
    await send("record 2", "Wolfeschlegelsteinhausenbergerdorff ".repeat(4), "+447400123457")
    await page.getByRole("link", {name: "Look again"}).click()
    const cookies = await page.context().cookies()
    // The rules are checked by a script; the page has none.
    const looking = await browser.newContext({locale: "en-GB"})
    await looking.addCookies(cookies)
    const looked = await looking.newPage()
    const faults = []
    looked.on("console", (message) => {
        if (/Content Security Policy/.test(message.text())) faults.push(message.text())
    })
    await looked.goto(`${service.url}/sandbox/phones`)
    await looked.getByRole("region", {name: "Zoë Quill"}).waitFor()
    assert.deepEqual(faults, [])
    await looksRight(looked, "the phones of the sandbox")
    await looked.setViewportSize({width: 360, height: 740})
    assert.equal(await looked.evaluate(() => document.documentElement.scrollWidth), 360)
})
