/** Where the person is: the path, kept in the browser's history. */

import type {ComponentProps, MouseEvent} from "react"
import {Store, useStore} from "./store"

const path = new Store(location.pathname)
addEventListener("popstate", () => path.set(location.pathname))

export type Place =
    {name: "people"} | {name: "person"; id: string} | {name: "apps"} | {name: "activity"} | {name: "nowhere"}

export const usePath = () => useStore(path)

export function usePlace(): Place {
    const [, first = "", second, ...rest] = usePath().split("/")
    if (rest.length > 0) return {name: "nowhere"}
    if (first === "people" && second) return {name: "person", id: decodeURIComponent(second)}
    if (first === "" || first === "people") return {name: "people"}
    if ((first === "apps" || first === "activity") && second === undefined) return {name: first}
    return {name: "nowhere"}
}

export function go(to: string) {
    if (to === path.get()) return
    history.pushState(null, "", to)
    path.set(to)
    scrollTo(0, 0)
}

export function Link({href, ...props}: ComponentProps<"a"> & {href: string}) {
    return (
        <a
            {...props}
            href={href}
            onClick={(event: MouseEvent<HTMLAnchorElement>) => {
                const wantsOwnTab = event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0
                if (wantsOwnTab) return
                event.preventDefault()
                go(href)
            }}
        />
    )
}
