/** What a call to a remote system gives: a value, or a problem with a stable code. Such calls never throw. */

export type Problem = {
    /** Stable: ALC's own codes pass through unchanged, the app's are the keys of `words.problems`. */
    code: string
    /** The HTTP status that brought it, or null when no answer came. */
    status: number | null
    /** What the remote system itself says to do, if it said something. */
    detail: string | null
}

export type Result<Value> = {ok: true; value: Value} | {ok: false; problem: Problem}

export function success<Value>(value: Value): Result<Value> {
    return {ok: true, value}
}

export function failure(
    code: string,
    status: number | null = null,
    detail: string | null = null
): {ok: false; problem: Problem} {
    return {ok: false, problem: {code, status, detail}}
}
