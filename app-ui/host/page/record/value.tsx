/** One attribute's values, each as its kind is best read. */

import {Avatar} from "../avatar"
import {countryName} from "../country"
import {Icon} from "../icons"
import {toast} from "../overlays/toasts"
import {Pill} from "../pill"
import type {PersonRecord} from "../server"
import {moment} from "../time"

type Attribute = PersonRecord["attributes"][number]
type Value = Attribute["values"][number]

export function Values({attribute: {values, slug}}: {attribute: Attribute}) {
    return (
        <span className="values">
            {values.map((value, at) => (
                <OneValue key={at} value={value} isCode={/_id$/.test(slug)} />
            ))}
        </span>
    )
}

function OneValue({value, isCode}: {value: Value; isCode: boolean}) {
    switch (value.kind) {
        case "option":
            return <Pill word={value.title} />
        case "time":
            return <time dateTime={value.at}>{moment(Date.parse(value.at))}</time>
        case "phone":
            return (
                <span
                    className="value-phone"
                    title={value.number === "" ? "No number that Attio can read" : value.number}
                >
                    {value.typed}
                </span>
            )
        case "place":
            return (
                <span>
                    {[value.text, value.country === null ? "" : countryName(value.country)]
                        .filter(Boolean)
                        .join(", ")}
                </span>
            )
        case "record":
            return (
                <span className="reference">
                    <Avatar name={value.name} size="tiny" />
                    {value.name}
                    {value.detail !== null && <small>{value.detail}</small>}
                </span>
            )
        default:
            return isCode ? (
                <Code text={value.text} />
            ) : (
                <bdi className="value-text" title={value.text}>
                    {value.text}
                </bdi>
            )
    }
}

function Code({text}: {text: string}) {
    return (
        <button
            type="button"
            className="code"
            title="Copy"
            aria-label={`Copy ${text}`}
            onClick={async () => {
                await navigator.clipboard.writeText(text)
                toast({variant: "success", title: "Copied", durationMs: 1500})
            }}
        >
            <span>{text}</span>
            <Icon name="copy" size={13} />
        </button>
    )
}
