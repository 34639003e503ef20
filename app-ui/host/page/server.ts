/** The host behind this page, over HTTP. */

import type {Entry} from "../activity.mjs"
import type {PersonInList, PersonRecord} from "../records.mjs"
import type {Text} from "../sms-world.mjs"
import type {Failure} from "./realm/protocol"

export type {Entry, PersonInList, PersonRecord, Text}

export type Session = {
    app: {name: string; description: string}
    workspace: string
    enums: Record<string, Record<string, string>>
    person: string
    provider: string | null
    login: {email: string; password: string} | null
    connection: {
        id: string
        connectedAt: number
        expiresAt: number | null
        isExpired: boolean
        scope: string | null
    } | null
    refusal: {code: string; message: string; at: number} | null
    handlers: {id: string; fileName: string}[]
    hasPhones: boolean
    isRemembered: boolean
}

/** What went wrong, in words for the person. */
export class ServerError extends Error {
    readonly code: string
    constructor(code: string, message: string) {
        super(message)
        this.code = code
    }
}

export const server = {
    session: () => ask<Session>("GET", "/page/session"),
    people: () => ask<PersonInList[]>("GET", "/page/people"),
    person: (id: string) => ask<PersonRecord>("GET", `/page/people/${encodeURIComponent(id)}`),
    correct: (id: string, slug: string, values: string[]) =>
        ask<PersonRecord>("PUT", `/page/people/${encodeURIComponent(id)}/${slug}`, {values}),
    activity: () => ask<Entry[]>("GET", "/page/activity"),
    reply: (number: string, body: string) =>
        ask<unknown>("POST", `/sms-world/phones/${encodeURIComponent(number)}/reply`, {body}),
    disconnect: () => ask<unknown>("DELETE", "/connections"),
    query: (query: string, variables: Record<string, unknown> | undefined) =>
        ask<Lent>("POST", "/page/queries", {query, variables}),
    callFunction: (id: string, args: unknown[]) => ask<Lent>("POST", "/page/server-functions", {id, args}),
}

export type Lent = {value: unknown; error: Failure | null}

async function ask<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    let response: Response
    try {
        response = await fetch(path, {
            method,
            ...(body === undefined
                ? {}
                : {headers: {"content-type": "application/json"}, body: JSON.stringify(body)}),
        })
    } catch {
        throw new ServerError("host_unreachable", "The host does not answer. Is the demo still running?")
    }
    const answer = await response.json().catch(() => ({}))
    if (response.ok) return answer as Answer
    throw new ServerError(
        answer.code ?? "unexpected",
        answer.message ?? `The host answered ${response.status}`
    )
}
