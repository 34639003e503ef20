/** A real Chromium: the one this machine has, or the one its package manager brings. */

import {execFileSync} from "node:child_process"
import {existsSync} from "node:fs"
import {platform} from "node:os"
import {chromium} from "playwright-core"

const PLACES = [
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
    "/usr/bin/google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
]

const FLAGS = [
    ...["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
    ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
]

/** @returns {{path: string} | {missing: string}} */
export function findChromium() {
    const named = process.env.CHROMIUM
    if (named !== undefined && named !== "")
        return existsSync(named) ? {path: named} : {missing: `CHROMIUM=${named} does not exist`}
    const found = PLACES.find((place) => existsSync(place)) ?? installed()
    if (found !== undefined) return {path: found}
    return {
        missing:
            "there is no Chromium: install it (on Debian `apt-get install chromium`) or name one with CHROMIUM=/path",
    }
}

/** @param {string} path */
export function launch(path) {
    return chromium.launch({executablePath: path, args: FLAGS})
}

/** Only root on a Debian may; anybody else is told how. */
function installed() {
    if (platform() !== "linux" || process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get"))
        return undefined
    const apt = (/** @type {string[]} */ ...args) =>
        execFileSync("apt-get", args, {
            stdio: "ignore",
            env: {...process.env, DEBIAN_FRONTEND: "noninteractive"},
        })
    try {
        apt("update")
        apt("install", "--yes", "--no-install-recommends", "chromium")
    } catch {
        return undefined
    }
    return PLACES.find((place) => existsSync(place))
}
