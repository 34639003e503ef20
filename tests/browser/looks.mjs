/** How a page looks to those who look closely: the rules of accessibility, and what hangs over an edge. */

import assert from "node:assert/strict"
import {readFileSync} from "node:fs"
import {createRequire} from "node:module"

/** @typedef {import("playwright-core").Page} Page */

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

/**
 * By day and by night, wide and narrow: no rule of accessibility broken, nothing over an edge.
 * @param {Page} page
 * @param {string} what
 */
export async function looksRight(page, what) {
    await page.evaluate(axe)
    for (const size of [
        {width: 768, height: 1024},
        {width: 1280, height: 800},
    ]) {
        await page.setViewportSize(size)
        assert.deepEqual(await hangingOver(page), [], `${what} at ${size.width} pixels`)
        for (const colorScheme of /** @type {const} */ (["dark", "light"])) {
            await page.emulateMedia({colorScheme})
            assert.deepEqual(await brokenRules(page), [], `${what}, ${colorScheme}, at ${size.width} pixels`)
        }
    }
}

/** @param {Page} page @returns {Promise<string[]>} */
function brokenRules(page) {
    return page.evaluate(async () => {
        // Colours on their way from one look to the other are neither.
        await Promise.all(
            document.getAnimations().map((each) => each.playState === "running" && settled(each))
        )
        const {violations} = await globalThis.axe.run()
        return violations.flatMap(({id, nodes}) => nodes.map(({target}) => `${id}: ${target.join(" ")}`))

        /** @param {Animation} animation */
        function settled(animation) {
            const isEndless = animation.effect?.getComputedTiming().iterations === Infinity
            return isEndless ? null : animation.finished.catch(() => null)
        }
    })
}

/** What is wider than its place and not cut with an ellipsis. @param {Page} page @returns {Promise<string[]>} */
function hangingOver(page) {
    return page.evaluate(() => {
        const mayBeCut = (/** @type {Element} */ it) => {
            const {textOverflow, clipPath, webkitLineClamp} = getComputedStyle(it)
            return textOverflow === "ellipsis" || clipPath !== "none" || webkitLineClamp !== "none"
        }
        return [...document.querySelectorAll("body, body *")]
            .filter((it) => it.clientWidth > 0 && it.scrollWidth > it.clientWidth + 1 && !mayBeCut(it))
            .map((it) => `${it.tagName} ${it.className}: ${it.scrollWidth} > ${it.clientWidth}`)
    })
}
