/** Reading JSON that somebody else wrote: nothing is trusted before its shape was looked at. */

export type JsonObject = {[key: string]: unknown}

/** Undefined when the text is not JSON. */
export function parseJson(text: string): unknown {
    try {
        return JSON.parse(text)
    } catch {
        return undefined
    }
}

export function isObject(value: unknown): value is JsonObject {
    return typeof value === "object" && value !== null && !Array.isArray(value)
}

export function textOrNull(value: unknown): string | null {
    return typeof value === "string" && value !== "" ? value : null
}
