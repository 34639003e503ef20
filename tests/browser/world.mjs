/** What the stories of one file happen in: the running product, a real browser, and people who come to the pages. */

import {findChromium, launch} from "./chromium.mjs"
import {Person} from "./person.mjs"
import {newFolder, startProduct} from "./product.mjs"

/** @typedef {import("playwright-core").Browser} Browser */
/** @typedef {import("./product.mjs").Product} Product */

/** How long one thing on a page may take, on a machine that is busy with other things. */
const PATIENCE_MS = 20_000

export class World {
    /** For each story of the file. @type {import("node:test").TestOptions} */
    options
    /** @type {Product} */
    product
    #home = newFolder()
    #chromium = findChromium()
    /** @type {Browser} */
    #browser

    constructor() {
        const cause = "missing" in this.#chromium ? this.#chromium.missing : null
        if (cause !== null && process.env.CI === "true") {
            throw new Error(`Nothing may be skipped with CI=true, but ${cause}`)
        }
        this.options = {skip: cause ?? false, timeout: 90_000}
    }

    /** Before the first story. */
    async begin() {
        if (!("path" in this.#chromium)) return
        await this.startProduct()
        this.#browser = await launch(this.#chromium.path)
    }

    /** After the last, however it went. */
    async end() {
        await this.#browser?.close()
        await this.product?.stop()
        this.#home.remove()
    }

    /** Started again, it is the same product. */
    async startProduct() {
        this.product = await startProduct(this.#home.folder)
    }

    /** Somebody with a browser of their own: no cookies, nothing chosen. */
    async arrival() {
        const context = await this.#browser.newContext({
            viewport: {width: 1280, height: 800},
            locale: "en-GB",
        })
        context.setDefaultTimeout(PATIENCE_MS)
        return new Person(await context.newPage(), this.product)
    }
}
