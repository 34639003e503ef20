/**
 * One HTTP exchange with a remote system, within a deadline: the request goes out, the whole answer comes back as text.
 * A 429 was not processed, so it is asked again as long as the deadline allows. Nothing here throws.
 */

export type Reply = {status: number; text: string}

export type Exchanged = {ok: true; reply: Reply} | {ok: false; reason: "timeout" | "unreachable"}

export type ExchangeRequest = {
    method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE"
    url: string
    token: string
    body?: unknown
    /** Milliseconds of the epoch after which nobody waits for the answer any more. */
    until: number
}

/** Longest wait for one answer, so that one slow call leaves time for the next within Attio's 30 seconds. */
const ONE_ANSWER_MS = 8_000
const SHORTEST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 5_000

export async function exchange(request: ExchangeRequest): Promise<Exchanged> {
    for (;;) {
        const left = Math.min(ONE_ANSWER_MS, request.until - Date.now())
        if (left <= 0) return {ok: false, reason: "timeout"}

        const attempt = await withinTime(send(request), left)
        if (attempt === "timeout") return {ok: false, reason: "timeout"}
        if (attempt === null) return {ok: false, reason: "unreachable"}
        if (attempt.status !== 429) return {ok: true, reply: {status: attempt.status, text: attempt.text}}

        const pause = pauseAsked(attempt.retryAfter)
        if (Date.now() + pause >= request.until) {
            return {ok: true, reply: {status: attempt.status, text: attempt.text}}
        }
        await sleep(pause)
    }
}

type Attempt = Reply & {retryAfter: string | null}

/** Null when no answer came. The cause is the network's, and may name addresses: the log gets its kind only. */
async function send(request: ExchangeRequest): Promise<Attempt | null> {
    try {
        const response = await fetch(request.url, {
            method: request.method,
            headers: {
                Accept: "application/json",
                Authorization: `Bearer ${request.token}`,
                ...(request.body === undefined ? {} : {"Content-Type": "application/json"}),
            },
            ...(request.body === undefined ? {} : {body: JSON.stringify(request.body)}),
        })
        return {
            status: response.status,
            text: await response.text(),
            retryAfter: response.headers.get("Retry-After"),
        }
    } catch (error) {
        console.error(
            "No answer:",
            request.method,
            hostOf(request.url),
            error instanceof Error ? error.name : ""
        )
        return null
    }
}

/** There may be no AbortController in Attio's realm: the answer is abandoned, not cancelled. */
function withinTime<Value>(promise: Promise<Value>, ms: number): Promise<Value | "timeout"> {
    return new Promise((resolve, reject) => {
        const timer = setTimeout(() => resolve("timeout"), ms)
        promise.then(
            (value) => {
                clearTimeout(timer)
                resolve(value)
            },
            (error: unknown) => {
                clearTimeout(timer)
                reject(error)
            }
        )
    })
}

/** `Retry-After` is a date at Attio and seconds elsewhere. */
function pauseAsked(retryAfter: string | null): number {
    if (retryAfter === null) return 1_000
    const seconds = Number(retryAfter)
    const asked = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(retryAfter) - Date.now()
    // A little more than asked, differently for each caller, so that those who wait do not all come back at once.
    const jitter = Math.random() * 200
    if (!Number.isFinite(asked)) return 1_000 + jitter
    return Math.min(Math.max(asked, SHORTEST_PAUSE_MS), LONGEST_PAUSE_MS) + jitter
}

function sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
        setTimeout(() => resolve(), ms)
    })
}

function hostOf(url: string): string {
    return url.split("/")[2] ?? ""
}
