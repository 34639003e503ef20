/** Countries by their names in the person's language. */

const names = new Intl.DisplayNames(undefined, {type: "region", fallback: "code"})

export function countryName(code: string) {
    try {
        return names.of(code) ?? code
    } catch {
        return code
    }
}

/** ISO 3166-1 alpha-2 codes the browser has a name for, by name. */
export function countries() {
    const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
    return letters
        .flatMap((first) => letters.map((second) => first + second))
        .map((code) => ({code, name: countryName(code)}))
        .filter(({code, name}) => name !== code && !NOT_COUNTRIES.has(code))
        .sort((one, other) => one.name.localeCompare(other.name))
}

/** Named, but groups, tests, or codes that are no longer in use. */
const NOT_COUNTRIES = new Set([
    ...["AC", "AN", "BU", "CP", "CS", "CQ", "DD", "DG", "DY", "EA", "EU", "EZ", "FX", "HV", "IC", "NH", "NT"],
    ...["QO", "RH", "SU", "TA", "TP", "UK", "UN", "VD", "XA", "XB", "XK", "YD", "YU", "ZR", "ZZ"],
])
