/** Everything the app did since the host started: calls from the page, webhooks, events, and the requests they led to. */

import {useEffect} from "react"
import {Icon} from "../icons"
import {useActivity} from "../live"
import {Notice} from "../notice"
import {Calls} from "./calls"

export function ActivityPage() {
    const all = useActivity()
    const known = new Set(all.map(({id}) => id))
    const roots = all.filter(({cause}) => cause === null || !known.has(cause)).toReversed()
    useEffect(() => {
        document.title = "Activity"
    }, [])
    return (
        <div className="activity">
            <header className="bar">
                <Icon name="activity" />
                <h1>Activity</h1>
                {roots.length > 0 && <span className="count">{roots.length}</span>}
            </header>
            <p className="lead">
                What the app’s server code does, as it happens: server functions, webhooks and connection
                events, with the requests each of them made. Secrets are masked.
            </p>
            {roots.length === 0 ? (
                <Notice icon="activity" title="Nothing has happened yet">
                    Connect the app, or press its action on a person.
                </Notice>
            ) : (
                <section className="card">
                    <Calls roots={roots} all={all} />
                </section>
            )}
        </div>
    )
}
