/** The left side: the workspace, where one can go, and who is here. */

import {Avatar} from "./avatar"
import {Icon, type IconName} from "./icons"
import {openPalette} from "./palette"
import {Link, usePlace} from "./router"
import {titleOf, useSession} from "./session"
import {setTheme, useIsDark} from "./theme"

export const MODIFIER = /Mac|iP(hone|ad)/.test(navigator.userAgent) ? "⌘" : "Ctrl"

export function Navigation() {
    const session = useSession()
    const place = usePlace().name
    const connection = session?.connection ?? null
    const state = connection === null ? "off" : connection.isExpired ? "expired" : "on"
    return (
        <nav className="navigation" aria-label="Main">
            <div className="workspace">
                <span className="workspace-mark" aria-hidden="true">
                    {session?.workspace.charAt(0) ?? ""}
                </span>
                <strong>{session?.workspace ?? ""}</strong>
            </div>
            <button
                type="button"
                className="navigation-search"
                title="Search and actions"
                aria-keyshortcuts={MODIFIER === "⌘" ? "Meta+K" : "Control+K"}
                onClick={openPalette}
            >
                <Icon name="search" />
                <span className="navigation-label">Search</span>
                <kbd aria-hidden="true">{MODIFIER === "⌘" ? "⌘K" : "Ctrl K"}</kbd>
            </button>
            <Item
                href="/people"
                icon="people"
                label="People"
                isHere={place === "people" || place === "person"}
            />
            <h2>Apps</h2>
            <Item
                href="/apps"
                icon="plug"
                label={session === null ? "App" : titleOf(session.app.name)}
                isHere={place === "apps"}
                state={session === null ? undefined : state}
            />
            <h2>Behind the scenes</h2>
            <Item href="/activity" icon="activity" label="Activity" isHere={place === "activity"} />
            <footer>
                <Avatar name={session?.person ?? ""} />
                <span className="navigation-person">{session?.person}</span>
                <ThemeToggle />
            </footer>
        </nav>
    )
}

const STATES = {on: "connected", off: "not connected", expired: "connection expired"}

type ItemProps = {
    href: string
    icon: IconName
    label: string
    isHere: boolean
    state?: keyof typeof STATES | undefined
}

function Item({href, icon, label, isHere, state}: ItemProps) {
    return (
        <Link
            href={href}
            className="navigation-item"
            title={label}
            aria-current={isHere ? "page" : undefined}
        >
            <Icon name={icon} />
            <span className="navigation-label">{label}</span>
            {state !== undefined && (
                <span
                    className={`dot dot-${state}`}
                    role="img"
                    aria-label={STATES[state]}
                    title={STATES[state]}
                />
            )}
        </Link>
    )
}

function ThemeToggle() {
    const dark = useIsDark()
    const label = dark ? "Switch to light" : "Switch to dark"
    return (
        <button
            type="button"
            className="quiet square"
            aria-label={label}
            title={label}
            onClick={() => setTheme(dark ? "light" : "dark")}
        >
            <Icon name={dark ? "sun" : "moon"} />
        </button>
    )
}
