/** A `fetch` that answers what a test says, in order, and remembers what it was asked. */

import {vi} from "vitest"

export type Asked = {method: string; url: string; headers: Record<string, string>; body: unknown}
export type Answer = {status?: number; json?: unknown; headers?: Record<string, string>} | Error | "never"

/** Answers by "METHOD /path": what comes first in a list is used first, and the last is used again. */
export function stubNetwork(answers: Record<string, Answer | Answer[]>): Asked[] {
    const asked: Asked[] = []
    const left = new Map(
        Object.entries(answers).map(([to, given]) => [to, Array.isArray(given) ? [...given] : [given]])
    )
    vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
        const method = init.method ?? "GET"
        const body = typeof init.body === "string" ? JSON.parse(init.body) : undefined
        asked.push({method, url, headers: init.headers as Record<string, string>, body})
        const to = `${method} ${url.replace(/^https:\/\/[^/]+/, "")}`
        const queue = left.get(to)
        if (queue === undefined) throw new Error(`The test has no answer to ${to}`)
        const answer = queue.length > 1 ? queue.shift() : queue[0]
        if (answer === undefined || answer === "never") return new Promise(() => {})
        if (answer instanceof Error) throw answer
        const {status = 200, json, headers = {}} = answer
        return new Response(json === undefined ? null : JSON.stringify(json), {status, headers})
    })
    return asked
}
