/** Decodes the inlined wasm. Hand-written because Attio's realm documents neither `atob` nor `Buffer`. */

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

export function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
    const digits = new Uint8Array(128)
    for (let i = 0; i < ALPHABET.length; i++) digits[ALPHABET.charCodeAt(i)] = i

    const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0
    const bytes = new Uint8Array((text.length / 4) * 3 - padding)
    for (let from = 0, to = 0; from < text.length; from += 4) {
        // "=" is not in the table and reads as 0; the bytes it stands for fall off the end of the array.
        const group =
            (digit(digits, text, from) << 18) |
            (digit(digits, text, from + 1) << 12) |
            (digit(digits, text, from + 2) << 6) |
            digit(digits, text, from + 3)
        bytes[to++] = group >> 16
        bytes[to++] = group >> 8
        bytes[to++] = group
    }
    return bytes
}

function digit(digits: Uint8Array, text: string, at: number): number {
    return digits[text.charCodeAt(at)] ?? 0
}
