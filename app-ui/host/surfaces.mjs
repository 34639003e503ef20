/** What an app registers to be shown, wherever its client bundle runs. */

/**
 * @typedef {object} Surface
 * @property {string} id
 * @property {string} [label]
 * @property {string} [icon]
 * @property {(record: unknown) => Promise<void>} onTrigger
 * @property {unknown} [objects] a slug, several, a rule, or nothing for all
 */

/**
 * @param {Surface} action
 * @param {string} object
 */
export function isOfferedOn({objects}, object) {
    if (objects === undefined) return true
    if (typeof objects === "function") {
        const isStandard = ["people", "companies", "deals", "users", "workspaces"].includes(object)
        return objects({attributes: [], object, isStandard}) === true
    }
    return Array.isArray(objects) ? objects.includes(object) : objects === object
}
