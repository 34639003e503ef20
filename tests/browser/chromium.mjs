/** A real Chromium: the one that is named, or the one this machine has. `cargo xtask test` brings one where there is none. */

import {existsSync} from "node:fs"
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
    if (named !== undefined && named !== "") {
        return existsSync(named) ? {path: named} : {missing: `CHROMIUM=${named} does not exist`}
    }
    const found = PLACES.find((place) => existsSync(place))
    if (found !== undefined) return {path: found}
    const cure = "install it (on Debian `apt-get install chromium`) or name one with CHROMIUM=/path"
    return {missing: `there is no Chromium: ${cure}`}
}

/** @param {string} path */
export function launch(path) {
    return chromium.launch({executablePath: path, args: FLAGS})
}
