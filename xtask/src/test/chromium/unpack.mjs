/** Unpacks the npm package's Chromium: `node unpack.mjs PACKAGE FOLDER` leaves `headless-shell`, its libraries and its fonts in FOLDER. */

import {execFileSync} from "node:child_process"
import {mkdirSync, readFileSync, renameSync, writeFileSync} from "node:fs"
import path from "node:path"
import {brotliDecompressSync} from "node:zlib"

const [pack, folder] = process.argv.slice(2)
const unpacked = (/** @type {string} */ name) => brotliDecompressSync(readFileSync(path.join(pack, "bin", name)))

// Libraries named `lib/…`, a renderer without a graphics card that must lie beside the program, and fonts named `fonts/…`.
mkdirSync(folder, {recursive: true})
for (const archive of ["al2023.tar.br", "swiftshader.tar.br", "fonts.tar.br"]) {
    execFileSync("tar", ["-x", "-f", "-", "--no-same-owner", "-C", folder], {input: unpacked(archive), stdio: ["pipe", "inherit", "inherit"]})
}

// Last and under its name only when whole: what is there can be started.
const program = path.join(folder, "headless-shell")
writeFileSync(`${program}.part`, unpacked("chromium.br"), {mode: 0o755})
renameSync(`${program}.part`, program)
