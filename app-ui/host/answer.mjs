/** How the host answers a request: a status, and bytes, JSON or a stream. */

/** @typedef {import("node:http").ServerResponse} ServerResponse */

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {Record<string, string>} [headers]
 * @property {unknown} [body] bytes go as they are, anything else as JSON
 * @property {(response: ServerResponse) => void} [stream] takes the response over
 */

/**
 * @param {number} status
 * @param {string} code
 * @param {string} message
 * @returns {Answer}
 */
export function refusal(status, code, message) {
    return {status, body: {code, message}}
}

/**
 * @param {Buffer} body
 * @returns {any} null for what is not JSON
 */
export function json(body) {
    try {
        return JSON.parse(body.toString("utf8"))
    } catch {
        return null
    }
}
