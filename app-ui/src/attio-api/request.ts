/** Speaks to Attio's REST API as the app, and reads its errors. */

import {exchange, type ExchangeRequest, type Reply} from "../exchange"
import {isObject, parseJson, textOrNull} from "../json"
import {failure, type Result, success} from "../result"

const ATTIO_URL = "https://api.attio.com/v2"

/** `until` in milliseconds of the epoch: when the caller has to answer itself. */
export type AttioAccess = {token: string; until: number}

/** The value is what Attio wraps in `data`. */
export async function askAttio(
    access: AttioAccess,
    method: ExchangeRequest["method"],
    path: string,
    body?: unknown
): Promise<Result<unknown>> {
    const exchanged = await exchange({method, url: `${ATTIO_URL}${path}`, body, ...access})
    if (!exchanged.ok) return failure(exchanged.reason === "timeout" ? "attio_timeout" : "attio_unreachable")
    const {reply} = exchanged
    const answer = parseJson(reply.text)
    if (reply.status < 200 || reply.status > 299) return failure(...problemOf(reply, answer))
    return isObject(answer) && "data" in answer
        ? success(answer["data"])
        : failure("attio_unexpected_answer", reply.status)
}

function problemOf(reply: Reply, answer: unknown): [code: string, status: number, detail: string | null] {
    const code = isObject(answer) ? textOrNull(answer["code"]) : null
    const detail = isObject(answer) ? textOrNull(answer["message"]) : null
    return [codeOf(reply.status, code), reply.status, detail]
}

function codeOf(status: number, code: string | null): string {
    // The record is the result of a merge that Attio has not applied yet: it will be there in a moment.
    if (code === "merge_in_progress") return "attio_unavailable"
    if (status === 404) return "attio_not_found"
    if (status === 401 || status === 403) return "attio_unauthorized"
    if (code === "slug_conflict") return "attio_slug_taken"
    if (status === 429) return "attio_busy"
    if (status === 409 || status >= 500) return "attio_unavailable"
    return "attio_refused"
}
