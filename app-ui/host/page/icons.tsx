/** Our own icons: one line weight, drawn on a square of 20. */

import type {ReactElement} from "react"

const DRAWINGS = {
    people: (
        <>
            <circle cx="8" cy="7" r="2.8" />
            <path d="M2.8 16c.5-2.9 2.5-4.4 5.2-4.4s4.7 1.5 5.2 4.4M13 4.6a2.6 2.6 0 010 4.9M14.6 11.9c1.5.6 2.5 1.9 2.8 4.1" />
        </>
    ),
    plug: <path d="M7.5 3v4M12.5 3v4M5 7h10v2.5a5 5 0 01-10 0zM10 14.5V18" />,
    activity: <path d="M2.5 10.5h3.2l2.4-6 3.8 11 2.3-5h3.3" />,
    search: (
        <>
            <circle cx="9" cy="9" r="5.2" />
            <path d="M13 13l4 4" />
        </>
    ),
    message: (
        <path d="M4 4.5h12A1.5 1.5 0 0117.5 6v7A1.5 1.5 0 0116 14.5H9.5L6 17.5v-3H4A1.5 1.5 0 012.5 13V6A1.5 1.5 0 014 4.5z" />
    ),
    phone: (
        <>
            <rect x="5.5" y="2.5" width="9" height="15" rx="2" />
            <path d="M9 15h2" />
        </>
    ),
    call: (
        <path d="M4 3.5h3l1.3 3.4-1.9 1.4a9.5 9.5 0 005.3 5.3l1.4-1.9 3.4 1.3v3a1.3 1.3 0 01-1.4 1.3A13 13 0 012.7 4.9 1.3 1.3 0 014 3.5z" />
    ),
    mail: (
        <>
            <rect x="2.5" y="4.5" width="15" height="11" rx="1.8" />
            <path d="M3 6.2l7 5 7-5" />
        </>
    ),
    person: (
        <>
            <circle cx="10" cy="7" r="3" />
            <path d="M4 16.5c.7-3 3-4.7 6-4.7s5.3 1.7 6 4.7" />
        </>
    ),
    briefcase: (
        <>
            <rect x="2.8" y="6.5" width="14.4" height="9.5" rx="1.8" />
            <path d="M7 6.5V5.2A1.7 1.7 0 018.7 3.5h2.6A1.7 1.7 0 0113 5.2v1.3M3 11h14" />
        </>
    ),
    building: (
        <>
            <path d="M4.5 17V4.5A1.5 1.5 0 016 3h5a1.5 1.5 0 011.5 1.5V17M12.5 9H15a1.5 1.5 0 011.5 1.5V17M2.5 17h15" />
            <path d="M7.3 6.5h2.4M7.3 9.5h2.4M7.3 12.5h2.4" />
        </>
    ),
    pin: (
        <>
            <path d="M10 17.5s5.5-4.6 5.5-9a5.5 5.5 0 00-11 0c0 4.4 5.5 9 5.5 9z" />
            <circle cx="10" cy="8.5" r="1.9" />
        </>
    ),
    text: <path d="M3.5 5.5h13M3.5 10h13M3.5 14.5h8" />,
    link: (
        <path d="M8.5 11.5a3 3 0 004.3 0l2.7-2.7a3 3 0 00-4.3-4.3l-1 1M11.5 8.5a3 3 0 00-4.3 0l-2.7 2.7a3 3 0 004.3 4.3l1-1" />
    ),
    clock: (
        <>
            <circle cx="10" cy="10" r="7" />
            <path d="M10 6v4.2l2.8 1.7" />
        </>
    ),
    hash: <path d="M7.8 3.5l-1.6 13M13.8 3.5l-1.6 13M3.5 7.5h13.5M3 12.5h13.5" />,
    select: (
        <>
            <circle cx="10" cy="10" r="7" />
            <path d="M7.3 9l2.7 2.7L12.7 9" />
        </>
    ),
    check: <path d="M4 10.5l4 4 8-9" />,
    checks: <path d="M1.8 10.5l3.7 4 7-8.5M9 13.6l.9.9 8-9" />,
    cross: <path d="M5 5l10 10M15 5L5 15" />,
    plus: <path d="M10 4v12M4 10h12" />,
    pencil: <path d="M3.5 16.5l.8-3.5L13 4.3a1.6 1.6 0 012.3 0l.4.4a1.6 1.6 0 010 2.3L7 15.7z" />,
    warning: <path d="M10 3.2L18 16.5H2zM10 8v4M10 14.3v.2" />,
    info: (
        <>
            <circle cx="10" cy="10" r="7" />
            <path d="M10 9.2v4.3M10 6.6v.2" />
        </>
    ),
    right: <path d="M7.5 4.5L13 10l-5.5 5.5" />,
    left: <path d="M12.5 4.5L7 10l5.5 5.5" />,
    down: <path d="M4.5 7.5L10 13l5.5-5.5" />,
    up: <path d="M10 16V4.5M5 9.2l5-5 5 5" />,
    sun: (
        <>
            <circle cx="10" cy="10" r="3.3" />
            <path d="M10 2.5v1.8M10 15.7v1.8M2.5 10h1.8M15.7 10h1.8M4.7 4.7L6 6M14 14l1.3 1.3M4.7 15.3L6 14M14 6l1.3-1.3" />
        </>
    ),
    moon: <path d="M16.5 11.6A6.8 6.8 0 018.4 3.5a6.8 6.8 0 108.1 8.1z" />,
    copy: (
        <>
            <rect x="7" y="7" width="9.5" height="9.5" rx="1.8" />
            <path d="M13 7V5.3A1.8 1.8 0 0011.2 3.5H5.3A1.8 1.8 0 003.5 5.3v5.9A1.8 1.8 0 005.3 13H7" />
        </>
    ),
    bolt: <path d="M11 2.5L4.5 11.5H9.5L9 17.5l6.5-9h-5z" />,
    webhook: (
        <path d="M6.5 12.5a3.2 3.2 0 103.2 3.2h4.8M8.5 8.5a3.2 3.2 0 115.2-1.2l2 3.6M13 6.7L10.2 12M15 12.8a3 3 0 11-1.6 5" />
    ),
    send: <path d="M17 3L9 11M17 3l-5 14-3-6-6-3z" />,
    flame: (
        <path d="M10 2.8c.6 2.7 4.7 4.6 4.7 8.8a4.7 4.7 0 01-9.4 0c0-1.7.8-2.9 1.7-3.8.2 1.1.7 1.8 1.5 2.1-.3-2.6.3-5.3 1.5-7.1z" />
    ),
    snow: <path d="M10 2.5v15M3.5 6.2l13 7.6M16.5 6.2l-13 7.6M8 3.8l2 1.8 2-1.8M8 16.2l2-1.8 2 1.8" />,
    forbid: (
        <>
            <circle cx="10" cy="10" r="7" />
            <path d="M5.2 5.2l9.6 9.6" />
        </>
    ),
} satisfies Record<string, ReactElement>

export type IconName = keyof typeof DRAWINGS

export function Icon({name, size = 16}: {name: IconName; size?: number}) {
    return (
        <svg className="icon" width={size} height={size} viewBox="0 0 20 20" aria-hidden="true">
            {DRAWINGS[name]}
        </svg>
    )
}

/** Attio names some 300 icons; an app's action gets ours that comes nearest. */
export function iconFor(attioName: string | null): IconName {
    const near: Record<string, IconName> = {
        Message: "message",
        Comment: "message",
        Send: "send",
        Email: "mail",
        Phone: "call",
        MobilePhone: "phone",
        User: "person",
        Users: "people",
        Company: "building",
        Check: "check",
        Search: "search",
        Clock: "clock",
        Link: "link",
        Copy: "copy",
        Note: "text",
    }
    return near[attioName ?? ""] ?? "bolt"
}
