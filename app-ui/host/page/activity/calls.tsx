/** Calls as a list: what was called, how it ended, how long it took; those it led to beneath it. */

import {useState} from "react"
import {Icon, type IconName} from "../icons"
import type {Entry} from "../server"
import {duration, timeWithSeconds} from "../time"

const KINDS: Record<Entry["kind"], {icon: IconName; word: string}> = {
    "server-function": {icon: "bolt", word: "Server function"},
    query: {icon: "search", word: "Query"},
    webhook: {icon: "webhook", word: "Webhook"},
    event: {icon: "plug", word: "Event"},
    block: {icon: "bolt", word: "Workflow block"},
    request: {icon: "up", word: "Request"},
}

/** @param roots newest first */
export function Calls({roots, all}: {roots: Entry[]; all: readonly Entry[]}) {
    return (
        <ul className="calls">
            {roots.map((entry) => (
                <Call key={entry.id} entry={entry} all={all} />
            ))}
        </ul>
    )
}

function Call({entry, all}: {entry: Entry; all: readonly Entry[]}) {
    const [isOpen, setOpen] = useState(false)
    const inner = all.filter(({cause}) => cause === entry.id)
    const {icon, word} = KINDS[entry.kind]
    const hasMore = entry.sent !== null || entry.received !== null || entry.error !== null
    const [head, tail] = nameOf(entry)
    return (
        <li className={`call call-${entry.kind}`}>
            <button
                type="button"
                className="call-line"
                aria-expanded={hasMore ? isOpen : undefined}
                disabled={!hasMore}
                onClick={() => setOpen(!isOpen)}
            >
                <span className="call-icon" title={word}>
                    <Icon name={icon} size={14} />
                </span>
                <span className="call-name" title={entry.name}>
                    <b>{head}</b> <code>{tail}</code>
                </span>
                <Ending entry={entry} />
                <time className="call-at" dateTime={new Date(entry.at).toISOString()}>
                    {timeWithSeconds(entry.at)}
                </time>
            </button>
            {isOpen && (
                <div className="call-more">
                    {entry.error !== null && <p className="problem">{entry.error}</p>}
                    <Body title="Sent" text={entry.sent} />
                    <Body title="Received" text={entry.received} />
                </div>
            )}
            {inner.length > 0 && <Calls roots={inner} all={all} />}
        </li>
    )
}

/** A request by its method and address; anything else by its kind and the last part of its name. */
function nameOf({kind, name}: Entry): [head: string, tail: string] {
    if (kind !== "request")
        return [KINDS[kind].word, (name.split("/").at(-1) ?? name).replace(/\.server$/, "")]
    const [method = "", ...address] = name.split(" ")
    return [method, address.join(" ")]
}

function Ending({entry: {ok, status, ms}}: {entry: Entry}) {
    return (
        <>
            <span className={`call-status call-${ok === null ? "running" : ok ? "ok" : "bad"}`}>
                {ok === null ? "running" : (status ?? (ok ? "ok" : "failed"))}
            </span>
            <span className="call-ms">{ms === null ? "" : duration(ms)}</span>
        </>
    )
}

function Body({title, text}: {title: string; text: string | null}) {
    if (text === null) return null
    return (
        <figure>
            <figcaption>{title}</figcaption>
            <pre tabIndex={0}>{text}</pre>
        </figure>
    )
}
