/** The pictures of the documentation: a finished record with the conversation beside it, by day and by night. */

import {mkdirSync} from "node:fs"
import path from "node:path"
import {findChromium, launch} from "./chromium.mjs"
import {Person} from "./person.mjs"
import {newFolder, ROOT, startProduct} from "./product.mjs"

const target = path.join(ROOT, "server/docs/images")
const chromium = findChromium()
if ("missing" in chromium) throw new Error(chromium.missing)

const home = newFolder()
const product = await startProduct(home.folder)
const browser = await launch(chromium.path)
try {
    const context = await browser.newContext({viewport: {width: 1280, height: 800}, locale: "en-GB"})
    const person = new Person(await context.newPage(), product)
    await person.connect({allow: true})
    await person.open("Amelia Clarke")
    await person.pressSend()
    await person.receivesTexts(1)
    await person.types("Yes! Please give me a call tomorrow morning")
    await person.seesOnRecord("Hot")
    await person.receivesTexts(2)
    await person.phone.getByText("Delivered").nth(1).waitFor()
    await person.page.getByRole("status").waitFor({state: "detached"})
    await person.page.mouse.move(640, 20)
    await person.page.evaluate(
        () => document.activeElement instanceof HTMLElement && document.activeElement.blur()
    )

    mkdirSync(target, {recursive: true})
    for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
        await person.page.emulateMedia({colorScheme})
        const file = path.join(target, `record-${colorScheme}.png`)
        await person.page.screenshot({path: file, animations: "disabled"})
        console.log(path.relative(ROOT, file))
    }
} finally {
    await browser.close()
    await product.stop()
    home.remove()
}
