/** The main job, as a person does it: connect, press, answer, read the record. One product, one story after another. */

import assert from "node:assert/strict"
import {after, before, test} from "node:test"
import {findChromium, launch} from "./chromium.mjs"
import {Person} from "./person.mjs"
import {newFolder, startProduct} from "./product.mjs"

const chromium = findChromium()
const isCi = process.env.CI === "true"
if ("missing" in chromium && isCi) throw new Error(`Nothing may be skipped with CI=true, but ${chromium.missing}`)
const options = {skip: "missing" in chromium ? chromium.missing : false, timeout: 90_000}

const home = newFolder()
/** @type {import("./product.mjs").Product} */
let product
/** @type {import("playwright-core").Browser} */
let browser
/** @type {Person} */
let ada

before(async () => {
    if (!("path" in chromium)) return
    product = await startProduct(home.folder)
    browser = await launch(chromium.path)
    ada = await arrive()
})

after(async () => {
    await browser?.close()
    await product?.stop()
    home.remove()
})

/** With a browser of her own: no cookies, nothing chosen. */
async function arrive() {
    const context = await browser.newContext({viewport: {width: 1280, height: 800}, locale: "en-GB"})
    context.setDefaultTimeout(20_000)
    return new Person(await context.newPage(), product)
}

test("before it is connected, the button says what to do", options, async () => {
    await ada.open("Amelia Clarke")
    await ada.pressSend()
    assert.match(await ada.readsAlert("Failed to send to ALC"), /not connected.*\(no_connection\)/s)
    await ada.page.keyboard.press("Enter")
    await ada.page.getByRole("alertdialog").waitFor({state: "detached"})
    await ada.card.getByRole("link", {name: "Connect it"}).waitFor()
})

test("who denies is not connected, and reads that; who allows is", options, async () => {
    await ada.connect({allow: false})
    await ada.page.getByRole("alert").getByText("You did not allow it").waitFor()

    await ada.connect({allow: true})
    const connection = ada.page.getByRole("region", {name: "Connection"})
    await connection.getByText("Connected", {exact: true}).waitFor()
    assert.match(await connection.innerText(), /by Ada Lovelace, just now/)
    assert.equal(await ada.page.getByRole("alert").count(), 0, "the refusal is forgotten")
})

test("a yes by text completes the record with interest and summary, and nobody reloads", options, async () => {
    await ada.open("Amelia Clarke")
    await ada.pressSend()
    await ada.seesToast("Successfully sent to ALC!")
    await ada.seesOnRecord("Pending")
    const [first] = await ada.receivesTexts(1)
    assert.match(first, /Hi Amelia/)
    await ada.phone.getByText("Delivered").first().waitFor()

    await ada.types("Yes please, give me a call tomorrow morning")
    await ada.seesOnRecord("Complete")
    await ada.seesOnRecord("Hot")
    await ada.seesOnRecord("Yes please, give me a call tomorrow morning")
    await ada.page.getByRole("region", {name: "Activity"}).getByText("lead-processed").waitFor()
})

test("STOP ends it at once, from the keyboard alone", options, async () => {
    await ada.open("Oliver O'Brien-Smythe")
    await ada.pressSendFromThePalette()
    await ada.receivesTexts(1)
    await ada.pressesReply("STOP")
    await ada.seesOnRecord("Complete")
    await ada.seesOnRecord("Opted out")
})

test("a person without a number: the alert names the cure, and the cure works", options, async () => {
    await ada.open("Freya Bennett")
    await ada.phone.getByText("No phone number", {exact: true}).waitFor()
    await ada.pressSend()
    assert.match(await ada.readsAlert("No phone number found"), /Add a mobile number.*\(phone_number_missing\)/s)
    await ada.page.keyboard.press("Enter")

    await ada.page.getByRole("button", {name: "Edit phone numbers"}).click()
    const field = ada.page.getByRole("textbox", {name: "Phone numbers"})
    await field.fill("12345")
    await ada.page.keyboard.press("Enter")
    await ada.page.getByRole("region", {name: "Details"}).getByRole("alert").waitFor()
    await field.fill("07400 123999")
    await ada.page.keyboard.press("Enter")
    await ada.phone.getByText("+447400123999").waitFor()
    await ada.pressSend()
    assert.match((await ada.receivesTexts(1))[0], /Hi Freya/)
    await ada.pressesReply("Not interested")
    await ada.seesOnRecord("Not interested")
})

test("ended and started again, everything is as it was", options, async () => {
    await product.stop()
    await ada.page.getByRole("alert").getByText("The host does not answer").waitFor()
    product = await startProduct(home.folder)
    assert.equal(product.isConnected, true)
    assert.equal(product.url, ada.product.url, "at the same address, or webhooks would be lost")
    // The page, still open, finds the host again by itself.
    await ada.page.getByRole("alert").getByText("The host does not answer").waitFor({state: "detached"})

    await ada.open("Amelia Clarke")
    await ada.seesOnRecord("Hot")
    assert.match((await ada.receivesTexts(1))[0], /Hi Amelia/)
    await ada.page.getByRole("link", {name: "People"}).first().click()
    await ada.page.getByRole("searchbox").fill("freya")
    await ada.page.getByRole("row", {name: /07400 123999/}).waitFor()
})

test("disconnecting in mid-conversation stops the texting, and the record says Cancelled", options, async () => {
    await ada.open("George Ferguson")
    await ada.pressSend()
    await ada.receivesTexts(1)
    await ada.seesOnRecord("Pending")
    const record = ada.page.url()

    await ada.page.getByRole("link", {name: "Acme Lead Checker"}).click()
    await ada.page.getByRole("button", {name: "Disconnect"}).click()
    const question = ada.page.getByRole("alertdialog", {name: "Disconnect Acme Lead Checker?"})
    await ada.page.keyboard.press("Escape")
    await question.waitFor({state: "detached"})
    await ada.page.getByRole("button", {name: "Disconnect"}).click()
    await question.getByRole("button", {name: "Disconnect"}).click()
    await ada.page.getByRole("link", {name: "Connect to Acme Lead Checker"}).waitFor()

    await ada.page.goto(record)
    await ada.seesOnRecord("Cancelled")
    const before = (await ada.receivesTexts(1)).length
    await ada.types("Yes, call me tomorrow")
    await fetch(`${product.sms}/_idle`)
    await ada.page.reload()
    assert.equal((await ada.receivesTexts(1)).length, before, "nobody answers any more")
    assert.match(await ada.card.innerText(), /Cancelled/)
})

test("light and dark are the system's until one is chosen, which stays", options, async () => {
    const grace = await arrive()
    const look = () => grace.page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    await grace.page.goto(product.url)
    const light = await look()
    await grace.page.emulateMedia({colorScheme: "dark"})
    const dark = await look()
    assert.notEqual(light, dark)
    await grace.page.getByRole("button", {name: "Switch to light"}).click()
    assert.equal(await look(), light)
    await grace.page.reload()
    await grace.page.getByText("People").first().waitFor()
    assert.equal(await look(), light)
})

test("at 768 pixels nothing hangs over", options, async () => {
    const grace = await arrive()
    await grace.page.setViewportSize({width: 768, height: 1024})
    for (const place of ["/people", "/apps", "/activity"]) {
        await grace.page.goto(`${product.url}${place}`)
        await grace.page.getByRole("main").waitFor()
        assert.equal(await hangsOver(grace.page), 0, place)
    }
    await grace.open("Amelia Clarke")
    await grace.seesOnRecord("Hot")
    assert.equal(await hangsOver(grace.page), 0, "the record")
})

test("nothing went wrong behind the pages", options, () => {
    assert.deepEqual(ada.faults, [])
})

/** How many pixels one would have to scroll to the side. @param {import("playwright-core").Page} page */
function hangsOver(page) {
    return page.evaluate(() => {
        const main = document.querySelector("main") ?? document.body
        return Math.max(0, document.documentElement.scrollWidth - innerWidth) + Math.max(0, main.scrollWidth - main.clientWidth)
    })
}
