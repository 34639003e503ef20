/** What stands where there is nothing to show: nothing yet, nothing found, or a problem and its cure. */

import type {ReactNode} from "react"
import {Icon, type IconName} from "./icons"

type NoticeProps = {
    icon: IconName
    title: string
    /** Whether nothing else has a heading here. */
    isWholePage?: boolean
    children?: ReactNode
}

export function Notice({icon, title, isWholePage = false, children}: NoticeProps) {
    const Heading = isWholePage ? "h1" : "h2"
    return (
        <div className="notice">
            <span className="notice-icon">
                <Icon name={icon} size={20} />
            </span>
            <Heading>{title}</Heading>
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
