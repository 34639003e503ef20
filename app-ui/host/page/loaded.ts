/** Something the host was asked for: on its way, here, or refused; asked for again when it may have changed. */

import {useCallback, useEffect, useRef, useState} from "react"
import type {Change} from "../live.mjs"
import {useChanges} from "./live"
import {ServerError} from "./server"

export type Loaded<Value> =
    {state: "loading"} | {state: "here"; value: Value} | {state: "failed"; code: string; message: string}

/**
 * @param key what it is about; another key starts over
 * @param concerns whether a change makes it worth asking again
 */
export function useLoaded<Value>(
    key: string,
    load: () => Promise<Value>,
    concerns: (change: Change) => boolean
): [Loaded<Value>, (value: Value) => void] {
    const [loaded, setLoaded] = useState<{key: string; now: Loaded<Value>}>({key, now: {state: "loading"}})
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
            setLoaded((before) => ({key: of, now: next(before.key === of ? before.now : {state: "loading"})}))
        }
        try {
            const value = await loadIt()
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
        setLoaded({key: newest.current.key, now: {state: "here", value}})
    }, [])
    return [loaded.key === key ? loaded.now : {state: "loading"}, put]
}
