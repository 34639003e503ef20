/** Where the keyboard goes on when what had the focus is gone: at the content, not at the top of the page. */

import {useEffect, useRef} from "react"

/** @param what is shown; when it changes and took the focus with it, the content gets it */
export function useFocusKept(what: string) {
    const before = useRef(what)
    useEffect(() => {
        if (before.current === what) return
        before.current = what
        if (document.activeElement === document.body) document.getElementById("main")?.focus()
    }, [what])
}
