/** A value that outlives components, and a hook that follows it. */

import {useSyncExternalStore} from "react"

export class Store<Value> {
    #value: Value
    #listeners = new Set<() => void>()

    constructor(value: Value) {
        this.#value = value
    }

    get = () => this.#value

    set = (next: Value | ((before: Value) => Value)) => {
        const value = typeof next === "function" ? (next as (before: Value) => Value)(this.#value) : next
        if (Object.is(value, this.#value)) return
        this.#value = value
        this.#listeners.forEach((listener) => listener())
    }

    listen = (listener: () => void) => {
        this.#listeners.add(listener)
        return () => void this.#listeners.delete(listener)
    }
}

export function useStore<Value>(store: Store<Value>): Value {
    return useSyncExternalStore(store.listen, store.get)
}
