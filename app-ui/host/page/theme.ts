/** Light or dark: as the system has it, until the person chooses. */

import {Store, useStore} from "./store"

export type Theme = "system" | "light" | "dark"

const KEY = "theme"
const theme = new Store<Theme>(read())
const systemsChoice = matchMedia("(prefers-color-scheme: dark)")
const isSystemDark = new Store(systemsChoice.matches)
systemsChoice.addEventListener("change", ({matches}) => isSystemDark.set(matches))

export function useIsDark() {
    const [chosen, isDark] = [useStore(theme), useStore(isSystemDark)]
    return chosen === "system" ? isDark : chosen === "dark"
}

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

function read(): Theme {
    const kept = localStorage.getItem(KEY)
    return kept === "light" || kept === "dark" ? kept : "system"
}
