/** The pages for everybody: by keyboard, by screen reader, by day and by night, on a narrow screen. */

import assert from "node:assert/strict"
import {after, before, test} from "node:test"
import {looksRight as looks} from "./looks.mjs"
import {World} from "./world.mjs"

/** @typedef {import("playwright-core").Locator} Locator */

const world = new World()
const {options} = world
/** @type {import("./person.mjs").Person} */
let ada
/** @type {import("playwright-core").Page} */
let page

before(async () => {
    await world.begin()
    if (options.skip !== false) return
    ada = await world.arrival()
    page = ada.page
})

after(() => world.end())

test("an alert takes the focus, keeps it, and gives it back", options, async () => {
    await ada.open("Amelia Clarke")
    const send = page.getByRole("button", {name: "Send to ALC"})
    await tabTo(send)
    await page.keyboard.press("Enter")
    const alert = page.getByRole("alertdialog", {name: "Failed to send to ALC"})
    await hasFocus(alert.getByRole("button", {name: "OK"}))
    assert.match(
        await alert.evaluate((it) => it.ariaDescribedByElements?.[0].textContent ?? ""),
        /not connected/
    )
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    assert.equal(
        await send.evaluate((it) => it === document.activeElement),
        false,
        "what lies behind is out of reach"
    )
    await looksRight("the alert")
    await page.keyboard.press("Escape")
    await alert.waitFor({state: "detached"})
    await hasFocus(send)
})

test("connecting, by keyboard alone", options, async () => {
    await page.goto(`${world.product.url}/apps`)
    await page.getByRole("link", {name: "Connect to Acme Lead Checker"}).waitFor()
    await looksRight("the connection that is not there")
    await tabTo(page.getByRole("link", {name: "Connect to Acme Lead Checker"}))
    await page.keyboard.press("Enter")
    await hasFocus(page.getByLabel("Email address"))
    await looksRight("the login page")
    await page.keyboard.type(world.product.login.email)
    await page.keyboard.press("Tab")
    await page.keyboard.type("not her password")
    await page.keyboard.press("Enter")
    await page.getByRole("alert").waitFor()
    await looksRight("the login page that refuses")
    await hasFocus(page.getByLabel("Password"))
    await page.keyboard.type(world.product.login.password)
    await page.keyboard.press("Enter")
    await page.getByRole("button", {name: "Allow"}).waitFor()
    await looksRight("the consent page")
    await tabTo(page.getByRole("button", {name: "Allow"}))
    await page.keyboard.press("Enter")
    await page.getByText("Connected", {exact: true}).waitFor()
    await looksRight("the connection")
    await reachesAll("the connection")
})

test("a question can be refused, and gives the focus back", options, async () => {
    const disconnect = page.getByRole("button", {name: "Disconnect"})
    await tabTo(disconnect)
    await page.keyboard.press("Enter")
    const question = page.getByRole("alertdialog", {name: "Disconnect Acme Lead Checker?"})
    await question.waitFor()
    await looksRight("the question")
    await page.keyboard.press("Escape")
    await question.waitFor({state: "detached"})
    await hasFocus(disconnect)
    await page.getByText("Connected", {exact: true}).waitFor()
})

test("from the list to a person and back", options, async () => {
    await page.goto(`${world.product.url}/people`)
    await page.getByRole("row").nth(1).waitFor()
    await looksRight("the list")
    await page.keyboard.press("/")
    await hasFocus(page.getByRole("searchbox", {name: "Search people"}))
    await page.keyboard.type("acme analytics")
    await page.getByRole("row", {name: /Amelia Clarke/}).waitFor()
    await reachesAll("the list")

    const names = page.getByRole("row").getByRole("link")
    await tabTo(names.first())
    await page.keyboard.press("ArrowDown")
    await hasFocus(names.nth(1))
    const name = `${await names.nth(1).locator("strong").textContent()}`
    await page.keyboard.press("Enter")
    await page.getByRole("heading", {name, level: 1}).waitFor()
    await hasFocus(page.getByRole("main"))
    await page.goBack()
    await page.getByRole("row", {name: new RegExp(name)}).waitFor()
    assert.equal(await page.getByRole("searchbox").inputValue(), "acme analytics", "as it was left")
})

test("nobody found is said, with a way back", options, async () => {
    await page.getByRole("searchbox").fill("nobody has this name")
    await page.getByText("Nobody found for “nobody has this name”").waitFor()
    await looksRight("the empty list")
    await tabTo(page.getByRole("button", {name: "Show everybody"}))
    await page.keyboard.press("Enter")
    await page.getByRole("row").nth(1).waitFor()
})

test("the palette tells what is chosen, goes there, and gives the focus back", options, async () => {
    await ada.open("Amelia Clarke")
    const send = page.getByRole("button", {name: "Send to ALC"})
    await tabTo(send)
    await page.keyboard.press("Control+k")
    const field = page.getByRole("combobox", {name: "Search actions and people"})
    await hasFocus(field)
    const chosen = page.getByRole("option", {selected: true})
    await chosen.getByText("Send to ALC").waitFor()
    await looksRight("the palette")
    await page.keyboard.press("ArrowDown")
    await chosen.getByText("People").waitFor()
    assert.equal(await field.getAttribute("aria-activedescendant"), await chosen.getAttribute("id"))
    await page.keyboard.press("Escape")
    await hasFocus(send)

    await page.keyboard.press("Control+k")
    await page.keyboard.type("ol")
    await chosen.getByText("Oliver O'Brien-Smythe").waitFor()
    await page.keyboard.press("Enter")
    await page.getByRole("heading", {name: "Oliver O'Brien-Smythe", level: 1}).waitFor()
})

test("correcting a detail, and leaving it", options, async () => {
    await ada.open("Amelia Clarke")
    const edit = page.getByRole("button", {name: "Edit job title"})
    await tabTo(edit)
    await page.keyboard.press("Enter")
    await hasFocus(page.getByRole("textbox", {name: "Job title"}))
    await looksRight("the editor")
    await page.keyboard.press("Escape")
    await hasFocus(edit)
    await page.keyboard.press("Enter")
    await page.keyboard.press("Control+a")
    await page.keyboard.type("Director")
    await page.keyboard.press("Enter")
    await page.getByText("Director at Acme Analytics").waitFor()
    await hasFocus(edit)
})

test("sending, answering and reading the record, by keyboard alone", options, async () => {
    await tabTo(page.getByRole("button", {name: "Send to ALC"}))
    await page.keyboard.press("Enter")
    await ada.receivesTexts(1)
    await tabTo(ada.phone.getByLabel("Answer as this person"))
    await page.keyboard.type("Yes, please call me")
    await page.keyboard.press("Enter")
    await ada.seesOnRecord("Hot")
    await ada.receivesTexts(2)
    await looksRight("the record")
    await reachesAll("the record")
})

test("what happened behind can be read", options, async () => {
    await page.goto(`${world.product.url}/activity`)
    const call = page.getByRole("button", {name: /Server function send-lead/}).first()
    await tabTo(call)
    await page.keyboard.press("Enter")
    assert.equal(await call.getAttribute("aria-expanded"), "true")
    await page.getByText("Received").first().waitFor()
    await looksRight("the activity")
})

test("who looks for what is not there reads so", options, async () => {
    await page.goto(`${world.product.url}/nowhere/at/all`)
    await page.getByRole("heading", {name: "There is nothing at this address"}).waitFor()
    await looksRight("nowhere")
    await page.goto(`${world.product.url}/people/63b1fbf7-0000-4000-8000-9e9161234b1b`)
    await page.getByRole("heading", {name: "This person cannot be shown"}).waitFor()
    await looksRight("nobody")
})

test("nothing went wrong behind the pages", options, () => {
    assert.deepEqual(ada.faults, [])
})

/** @param {string} what */
function looksRight(what) {
    return looks(page, what)
}

/** Tab comes by everything that can be used, in the order in which it is read, and shows where it is. @param {string} what */
async function reachesAll(what) {
    // What goes away by itself cannot be counted on.
    await page.getByRole("button", {name: "Dismiss"}).first().waitFor({state: "detached"})
    const usable = 'a[href], button:not(:disabled), input, select, [tabindex="0"]'
    const expected = await page.evaluate(
        (selector) =>
            [...document.querySelectorAll(selector)]
                .filter((it) => it.getClientRects().length > 0)
                .map((it, at) => (it.setAttribute("data-at", `${at}`), at)),
        usable
    )
    await page.locator(usable).first().focus()
    const reached = []
    for (;;) {
        const {at, name, isShown} = await page.evaluate(() => {
            const {activeElement: it} = document
            const {outlineStyle, outlineWidth} = getComputedStyle(it ?? document.body)
            return {
                at: it?.getAttribute("data-at") ?? null,
                name: `${it?.tagName} ${it?.className} ${it?.textContent}`,
                isShown: outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 2,
            }
        })
        if (at === null || reached.includes(Number(at))) break
        assert.equal(isShown, true, `the focus on ${name} cannot be seen`)
        reached.push(Number(at))
        await page.keyboard.press("Tab")
    }
    assert.ok(expected.length > 5, `${what} has things to use`)
    assert.deepEqual(reached.toSorted(inOrder), expected, `${what}: what Tab does not come by`)
}

/** @param {number} one @param {number} other */
function inOrder(one, other) {
    return one - other
}

/** Goes on by Tab until it is there; a page has fewer places than this. @param {Locator} place */
async function tabTo(place) {
    await place.waitFor()
    for (let steps = 0; steps < 400; steps += 1) {
        if (await place.evaluate((it) => it === document.activeElement)) return
        await page.keyboard.press("Tab")
    }
    assert.fail(`Tab never comes to ${place}`)
}

/** @param {Locator} place */
async function hasFocus(place) {
    await place.and(page.locator(":focus")).waitFor()
}
