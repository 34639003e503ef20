/** The enums of the `attio` package. */

import {existsSync, readFileSync} from "node:fs"

/**
 * The package declares its enums without giving them a value anywhere else.
 * @param {string} attioPackage
 */
export function sdkEnums(attioPackage) {
    const file = `${attioPackage}/dist/types/root/constants.d.ts`
    if (!existsSync(file)) return {}
    /** @type {Record<string, Record<string, string>>} */
    const found = {}
    for (const [, name, body] of readFileSync(file, "utf8").matchAll(/declare enum (\w+) \{([^}]*)\}/g)) {
        found[name] = Object.fromEntries(
            [...body.matchAll(/(\w+) = "([^"]*)"/g)].map(([, key, value]) => [key, value])
        )
    }
    return found
}
