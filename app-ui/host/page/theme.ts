/** Light or dark: as the system has it, until the person chooses. */

import {Store, useStore} from "./store"

export type Theme = "system" | "light" | "dark"

const KEY = "theme"
const theme = new Store<Theme>(read())

export const useTheme = () => useStore(theme)

export function setTheme(next: Theme) {
    theme.set(next)
    localStorage.setItem(KEY, next)
    applyTheme()
}

/** The stylesheet reads `data-theme`; without it, it follows the system. */
export function applyTheme() {
    const chosen = theme.get()
    if (chosen === "system") delete document.documentElement.dataset.theme
    else document.documentElement.dataset.theme = chosen
}

export function isDark(chosen: Theme) {
    return chosen === "dark" || (chosen === "system" && matchMedia("(prefers-color-scheme: dark)").matches)
}

function read(): Theme {
    const kept = localStorage.getItem(KEY)
    return kept === "light" || kept === "dark" ? kept : "system"
}
