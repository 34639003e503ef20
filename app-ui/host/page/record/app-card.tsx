/** What the app wrote to this record, before everything else: where the lead stands and what was learned. */

import {Icon} from "../icons"
import {Pill} from "../pill"
import {Link} from "../router"
import type {PersonRecord} from "../server"
import {titleOf, useSession} from "../session"
import {useAgo} from "../time"
import {Values} from "./value"

type Attribute = PersonRecord["attributes"][number]

/** Said by ALC's own words for a lead that has not ended, and why it may have ended without an answer. */
const STATUS_WORDS: Record<string, string> = {
    Pending: "ALC is in touch with this person by SMS.",
    Cancelled: "The check was cancelled; this person is not texted any more.",
    Failed: "ALC gave up on this check.",
}

export function AppCard({attributes}: {attributes: Attribute[]}) {
    const session = useSession()
    const custom = attributes.filter(({isCustom}) => isCustom)
    const value = (slug: string) => custom.find((each) => each.slug === slug)?.values[0]
    const status = value("alc_status")
    const interest = value("alc_interest")
    const summary = value("alc_summary")
    const checked = value("alc_checked_at")
    const word = status?.kind === "text" ? status.text : null
    const others = custom.filter(({slug}) => !SHOWN.has(slug))
    return (
        <section className="card app-card" aria-labelledby="app-card">
            <header>
                <span className="app-mark" aria-hidden="true">
                    <Icon name="check" size={13} />
                </span>
                <h2 id="app-card">{session === null ? "App" : titleOf(session.app.name)}</h2>
                {checked?.kind === "time" && <Ago at={checked.at} />}
            </header>
            {word === null ? (
                <NotSent isConnected={session?.connection != null} />
            ) : (
                <div className="verdict">
                    <div className="verdict-pills">
                        <Pill word={word} />
                        {interest?.kind === "option" && <Pill word={interest.title} />}
                    </div>
                    {summary?.kind === "text" && word === "Complete" ? (
                        <blockquote>{summary.text}</blockquote>
                    ) : (
                        <p>{STATUS_WORDS[word] ?? ""}</p>
                    )}
                </div>
            )}
            {others.some(({values}) => values.length > 0) && (
                <dl className="rows">
                    {others
                        .filter(({values}) => values.length > 0)
                        .map((attribute) => (
                            <div key={attribute.slug} className="row">
                                <dt title={attribute.description}>
                                    <Icon name="hash" />
                                    {attribute.title}
                                </dt>
                                <dd>
                                    <Values attribute={attribute} />
                                </dd>
                            </div>
                        ))}
                </dl>
            )}
        </section>
    )
}

const SHOWN = new Set(["alc_status", "alc_interest", "alc_summary", "alc_checked_at"])

function NotSent({isConnected}: {isConnected: boolean}) {
    return isConnected ? (
        <p className="hint">Not checked yet. The action above sends this person to ALC, which asks by SMS.</p>
    ) : (
        <p className="hint">
            This workspace is not connected yet. <Link href="/apps">Connect it</Link> to send people to ALC.
        </p>
    )
}

function Ago({at}: {at: string}) {
    return <time dateTime={at}>Checked {useAgo(Date.parse(at))}</time>
}
