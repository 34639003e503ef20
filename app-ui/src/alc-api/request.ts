/** Speaks to ALC's partner API with the token of the workspace's connection, and reads its problems. */

import {exchange, type ExchangeRequest, type Reply} from "../exchange"
import {isObject, parseJson, textOrNull} from "../json"
import {failure, type Result, success} from "../result"

const ALC_URL = "https://api.acmeleadchecker.ai"

/** `until` in milliseconds of the epoch: when the caller has to answer itself. */
export type AlcAccess = {token: string; until: number}

export async function askAlc(
    access: AlcAccess,
    method: ExchangeRequest["method"],
    path: string,
    body?: unknown
): Promise<Result<unknown>> {
    const exchanged = await exchange({method, url: `${ALC_URL}${path}`, body, ...access})
    if (!exchanged.ok) return failure(exchanged.reason === "timeout" ? "alc_timeout" : "alc_unreachable")
    const {reply} = exchanged
    if (reply.status < 200 || reply.status > 299) return failure(...problemOf(reply))
    return success(reply.text === "" ? null : parseJson(reply.text))
}

/** ALC answers `application/problem+json`; something in between may answer anything. */
function problemOf(reply: Reply): [code: string, status: number, detail: string | null] {
    const problem = parseJson(reply.text)
    const detail = isObject(problem) ? textOrNull(problem["detail"]) : null
    return [codeOf(reply.status, problem), reply.status, detail]
}

function codeOf(status: number, problem: unknown): string {
    if (status === 401) return "alc_unauthorized"
    if (status === 429) return "alc_busy"
    if (status >= 500) return "alc_unavailable"
    const code = isObject(problem) ? textOrNull(problem["code"]) : null
    return code ?? "alc_refused"
}
