/** The SDK's components as this page draws them, from the plain elements the app's realm sends. */

import {Fragment, type ReactNode} from "react"
import {invoke} from "../app-realm"
import type {Drawn, DrawnElement} from "../realm/protocol"

export function AppElements({drawn}: {drawn: Drawn[]}) {
    return drawn.map((each, at) => (
        <Fragment key={at}>{typeof each === "string" ? each : <Element element={each} />}</Fragment>
    ))
}

function Element({element: {type, props, children}}: {element: DrawnElement}) {
    const inside: ReactNode = <AppElements drawn={children} />
    switch (type) {
        case "Typography.Title":
            return <h3>{inside}</h3>
        case "Typography.Body":
        case "TextBlock":
            return <p>{inside}</p>
        case "Typography.Caption":
            return <p className="caption">{inside}</p>
        case "Section":
            return (
                <section>
                    <h3>{text(props.title)}</h3>
                    {props.description !== undefined && <p className="caption">{text(props.description)}</p>}
                    {inside}
                </section>
            )
        case "Banner":
            return <div className={`banner banner-${text(props.variant)}`}>{inside}</div>
        case "Badge":
        case "StatusBadge":
            return <span className={`pill pill-${text(props.color)}`}>{inside}</span>
        case "Divider":
            return <hr />
        case "LoadingState":
            return <p className="caption">{children.length > 0 ? inside : "Loading…"}</p>
        case "Row":
            return <div className="app-row">{inside}</div>
        case "Column":
            return <div>{inside}</div>
        case "Link":
            return (
                <a href={safe(props.href)} target="_blank" rel="noreferrer">
                    {inside}
                </a>
            )
        case "Button":
            return (
                <button
                    type="button"
                    className={props.variant === "destructive" ? "danger" : text(props.variant)}
                    disabled={props.disabled === true}
                    onClick={() => click(props.onClick)}
                >
                    {text(props.label)}
                </button>
            )
        case "Json":
            return <pre>{JSON.stringify(props.value ?? props.children, null, 2)}</pre>
        case "DescriptionList":
            return <dl>{inside}</dl>
        case "DescriptionList.Item":
            return (
                <div>
                    <dt>{text(props.label)}</dt>
                    <dd>{inside}</dd>
                </div>
            )
        default:
            return <p className="caption">This host does not draw “{type}”.</p>
    }
}

function click(lent: unknown) {
    const call = typeof lent === "object" && lent !== null && "call" in lent ? lent.call : null
    if (typeof call === "number") invoke(call)
}

function text(value: unknown) {
    return value === undefined || value === null ? "" : String(value)
}

/** An app's link leads to a web page, never to a script. */
function safe(address: unknown) {
    const url = URL.canParse(text(address)) ? new URL(text(address)) : null
    return url?.protocol === "https:" || url?.protocol === "http:" ? url.href : undefined
}
