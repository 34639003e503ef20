/** What stands where there is nothing to show: nothing yet, nothing found, or a problem and its cure. */

import type {ReactNode} from "react"
import {Icon, type IconName} from "./icons"

export function Notice({icon, title, children}: {icon: IconName; title: string; children?: ReactNode}) {
    return (
        <div className="notice">
            <span className="notice-icon">
                <Icon name={icon} size={20} />
            </span>
            <h2>{title}</h2>
            {children !== undefined && <div>{children}</div>}
        </div>
    )
}

export function Loading({what}: {what: string}) {
    return (
        <div className="loading" role="status" aria-label={`Loading ${what}`}>
            <span />
            <span />
            <span />
        </div>
    )
}
