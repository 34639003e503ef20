/** Where the keyboard goes on when something opens over the page, and when what had the focus is gone. */

import {type RefObject, useEffect, useLayoutEffect, useRef} from "react"

/** While it is there, nothing else can be reached; afterwards the focus is where it was. */
export function useModal(element: RefObject<HTMLDialogElement | null>) {
    // Closed while it is still in the page: a dialog that is taken away open gives the focus back to nobody.
    useLayoutEffect(() => {
        const dialog = element.current
        dialog?.showModal()
        return () => dialog?.close()
    }, [element])
}

/** At the content, not at the top of the page. @param what is shown; when it changes and took the focus with it, the content gets it */
export function useFocusKept(what: string) {
    const before = useRef(what)
    useEffect(() => {
        if (before.current === what) return
        before.current = what
        if (document.activeElement === document.body) document.getElementById("main")?.focus()
    }, [what])
}
