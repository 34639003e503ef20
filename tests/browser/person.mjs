/** What a person does in the pages, as verbs; the stories are written in them. */

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("./product.mjs").Product} Product */

export class Person {
    /** @type {string[]} what a person would not see and must not happen */
    faults = []

    /**
     * @param {Page} page
     * @param {Product} product
     */
    constructor(page, product) {
        this.page = page
        this.product = product
        page.on("pageerror", (error) => this.faults.push(`the page threw: ${error.message}`))
        page.on("console", (message) => {
            if (/Content Security Policy/.test(message.text())) this.faults.push(message.text())
        })
    }

    /** Logs in at the service when it asks, and answers its question. */
    async connect({allow}) {
        await this.page.goto(`${this.product.url}/apps`)
        await this.page.getByRole("link", {name: "Connect to Acme Lead Checker"}).click()
        const password = this.page.getByLabel("Password")
        const decision = this.page.getByRole("button", {name: allow ? "Allow" : "Deny"})
        // Who agreed before is not asked again.
        const connected = this.page.getByRole("region", {name: "Connection"}).getByText("Connected", {exact: true})
        await password.or(decision).or(connected).first().waitFor()
        if (await password.isVisible()) {
            await this.page.getByLabel("Email address").fill(this.product.login.email)
            await password.fill(this.product.login.password)
            await this.page.getByRole("button", {name: "Log in"}).click()
            await decision.or(connected).first().waitFor()
        }
        if (await connected.isVisible()) return
        await decision.click()
        await this.page.waitForURL(`${this.product.url}/apps`)
    }

    /** @param {string} name */
    async open(name) {
        await this.page.goto(`${this.product.url}/people`)
        await this.page.getByRole("searchbox", {name: "Search people"}).fill(name)
        await this.page.getByRole("link", {name}).click()
        await this.page.getByRole("heading", {name, level: 1}).waitFor()
    }

    async pressSend() {
        await this.page.getByRole("button", {name: "Send to ALC"}).click()
    }

    async pressSendFromThePalette() {
        await this.page.keyboard.press("Control+k")
        await this.page.getByRole("option", {name: "Send to ALC"}).waitFor()
        await this.page.keyboard.press("Enter")
    }

    /** @param {string} title */
    async seesToast(title) {
        await this.page.getByRole("region", {name: "Notifications"}).getByText(title).waitFor()
    }

    /** @param {string} title */
    async readsAlert(title) {
        const alert = this.page.getByRole("alertdialog", {name: title})
        await alert.waitFor()
        return alert.getByRole("paragraph").innerText()
    }

    /** On the card of the app. @param {string} word */
    async seesOnRecord(word) {
        await this.card.getByText(word).first().waitFor()
    }

    get card() {
        return this.page.getByRole("region", {name: "Acme Lead Checker"})
    }

    get phone() {
        return this.page.getByRole("complementary")
    }

    /** Until this many texts have come in; returns what they say. @param {number} count */
    async receivesTexts(count) {
        await this.texts.nth(count - 1).waitFor()
        return this.texts.allInnerTexts()
    }

    get texts() {
        return this.phone.locator(".text-to-lead .bubble")
    }

    /** @param {string} words */
    async types(words) {
        await this.phone.getByLabel("Answer as this person").fill(words)
        await this.page.keyboard.press("Enter")
        await this.phone.locator(".text-from-lead .bubble", {hasText: words}).last().waitFor()
    }

    /** @param {string} words */
    async pressesReply(words) {
        await this.phone.getByRole("button", {name: words, exact: true}).click()
        await this.phone.locator(".text-from-lead .bubble", {hasText: words}).last().waitFor()
    }
}
