/** The main job, as a person does it: connect, press, answer, read the record. One product, one story after another. */

import assert from "node:assert/strict"
import {after, before, test} from "node:test"
import {World} from "./world.mjs"

const world = new World()
const {options} = world
/** @type {import("./person.mjs").Person} */
let ada

before(async () => {
    await world.begin()
    if (options.skip !== false) return
    ada = await world.arrival()
})

after(() => world.end())

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

test(
    "a yes by text completes the record with interest and summary, and nobody reloads",
    options,
    async () => {
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
    }
)

test("STOP ends it at once", options, async () => {
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
    assert.match(
        await ada.readsAlert("No phone number found"),
        /Add a mobile number.*\(phone_number_missing\)/s
    )
    await ada.page.keyboard.press("Enter")

    await ada.page.getByRole("button", {name: "Edit phone numbers"}).click()
    const field = ada.page.getByRole("textbox", {name: "Phone numbers"})
    await field.fill("12345")
    await ada.page.keyboard.press("Enter")
    const problem = ada.page.getByRole("region", {name: "Details"}).getByRole("alert")
    await problem.getByText("“12345” is not a phone number").waitFor()
    await field.fill("07400 123999")
    await ada.page.keyboard.press("Enter")
    await ada.phone.getByText("+447400123999").waitFor()
    await ada.pressSend()
    assert.match((await ada.receivesTexts(1))[0], /Hi Freya/)
    await ada.pressesReply("Not interested")
    await ada.seesOnRecord("Not interested")
})

test("ended and started again, everything is as it was", options, async () => {
    const {url} = world.product
    await world.product.stop()
    await ada.page.getByRole("alert").getByText("The host does not answer").waitFor()
    await world.startProduct()
    assert.equal(world.product.isConnected, true)
    assert.equal(world.product.url, url, "at the same address, or webhooks would be lost")
    // The page, still open, finds the host again by itself.
    await ada.page.getByRole("alert").getByText("The host does not answer").waitFor({state: "detached"})

    await ada.open("Amelia Clarke")
    await ada.seesOnRecord("Hot")
    assert.match((await ada.receivesTexts(1))[0], /Hi Amelia/)
    await ada.page.getByRole("link", {name: "People"}).first().click()
    await ada.page.getByRole("searchbox").fill("freya")
    await ada.page.getByRole("row", {name: /07400 123999/}).waitFor()
})

test(
    "disconnecting in mid-conversation stops the texting, and the record says Cancelled",
    options,
    async () => {
        await ada.open("George Ferguson")
        await ada.pressSend()
        const before = await ada.receivesTexts(1)
        await ada.seesOnRecord("Pending")

        await ada.page.getByRole("link", {name: "Acme Lead Checker"}).click()
        await ada.page.getByRole("button", {name: "Disconnect"}).click()
        const question = ada.page.getByRole("alertdialog", {name: "Disconnect Acme Lead Checker?"})
        await question.getByRole("button", {name: "Disconnect"}).click()
        await ada.page.getByRole("link", {name: "Connect to Acme Lead Checker"}).waitFor()

        await ada.open("George Ferguson")
        await ada.seesOnRecord("Cancelled")
        await ada.types("Yes, call me tomorrow")

        // Whom ALC texts after that answer is texted later than George would have been.
        await ada.connect({allow: true})
        await ada.open("Harriet Pemberton")
        await ada.pressSend()
        await ada.receivesTexts(1)
        await ada.open("George Ferguson")
        assert.deepEqual(await ada.receivesTexts(1), before, "nobody answers any more")
        assert.match(await ada.card.innerText(), /Cancelled/)
    }
)

test("light and dark are the system's until one is chosen, which stays", options, async () => {
    const grace = await world.arrival()
    const look = () => grace.page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    await grace.page.goto(world.product.url)
    await grace.page.getByRole("button", {name: "Switch to dark"}).waitFor()
    const light = await look()
    await grace.page.emulateMedia({colorScheme: "dark"})
    await grace.page.getByRole("button", {name: "Switch to light"}).waitFor()
    assert.notEqual(await look(), light)
    await grace.page.getByRole("button", {name: "Switch to light"}).click()
    await grace.page.getByRole("button", {name: "Switch to dark"}).waitFor()
    assert.equal(await look(), light)
    await grace.page.reload()
    await grace.page.getByRole("button", {name: "Switch to dark"}).waitFor()
    assert.equal(await look(), light)
})

test("nothing went wrong behind the pages", options, () => {
    assert.deepEqual(ada.faults, [])
})
