/**
 * Something the host was asked for: on its way, here, or refused; asked for again when it may have changed. Who comes
 * back to it sees what was true last, until the answer is there.
 */

import {useCallback, useEffect, useRef, useState} from "react"
import type {Change} from "../live.mjs"
import {useChanges} from "./live"
import {ServerError} from "./server"

export type Loaded<Value> =
    {state: "loading"} | {state: "here"; value: Value} | {state: "failed"; code: string; message: string}

/** What was here last, by key, the longest untouched first. */
const remembered = new Map<string, unknown>()
const MOST_REMEMBERED = 100

/**
 * @param key what it is about; another key starts over
 * @param concerns whether a change makes it worth asking again
 */
export function useLoaded<Value>(
    key: string,
    load: () => Promise<Value>,
    concerns: (change: Change) => boolean
): [Loaded<Value>, (value: Value) => void] {
    const [loaded, setLoaded] = useState<{key: string; now: Loaded<Value>}>(() => ({key, now: recall(key)}))
    const newest = useRef({key, load, concerns, asked: 0})
    useEffect(() => {
        newest.current = {...newest.current, key, load, concerns}
    })

    const ask = useCallback(async () => {
        const asked = ++newest.current.asked
        const {key: of, load: loadIt} = newest.current
        const settle = (next: (before: Loaded<Value>) => Loaded<Value>) => {
            // Answers may overtake each other; only the one asked for last counts.
            if (asked !== newest.current.asked) return
            setLoaded((before) => ({key: of, now: next(before.key === of ? before.now : recall(of))}))
        }
        try {
            const value = await loadIt()
            remember(of, value)
            settle(() => ({state: "here", value}))
        } catch (error) {
            const {code, message} =
                error instanceof ServerError ? error : {code: "unexpected", message: String(error)}
            // What was true a moment ago is better than nothing while nobody answers.
            settle((before) =>
                before.state === "here" && code.endsWith("_unreachable")
                    ? before
                    : {state: "failed", code, message}
            )
        }
    }, [])

    useEffect(() => void ask(), [ask, key])
    const onChange = useCallback(
        (change: Change | {type: "again"}) => {
            if (change.type === "again" || newest.current.concerns(change)) void ask()
        },
        [ask]
    )
    useChanges(onChange)
    const put = useCallback((value: Value) => {
        newest.current.asked += 1
        remember(newest.current.key, value)
        setLoaded({key: newest.current.key, now: {state: "here", value}})
    }, [])
    return [loaded.key === key ? loaded.now : recall(key), put]
}

function recall<Value>(key: string): Loaded<Value> {
    return remembered.has(key) ? {state: "here", value: remembered.get(key) as Value} : {state: "loading"}
}

function remember(key: string, value: unknown) {
    remembered.delete(key)
    remembered.set(key, value)
    const [oldest] = remembered.keys()
    if (remembered.size > MOST_REMEMBERED && oldest !== undefined) remembered.delete(oldest)
}
