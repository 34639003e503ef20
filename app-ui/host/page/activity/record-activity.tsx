/** The calls that concern one record. */

import {useActivity} from "../live"
import {Link} from "../router"
import type {Entry} from "../server"
import {Calls} from "./calls"

const SHOWN = 8

export function RecordActivity({id}: {id: string}) {
    const all = useActivity()
    const names = (entry: Entry): boolean =>
        entry.name.includes(id) ||
        entry.sent?.includes(id) === true ||
        all.some((inner) => inner.cause === entry.id && names(inner))
    const roots = all.filter((entry) => entry.cause === null && names(entry)).toReversed()
    return (
        <section className="card" aria-labelledby="record-activity">
            <header>
                <h2 id="record-activity">Activity</h2>
                <Link href="/activity" className="more">
                    See all
                </Link>
            </header>
            {roots.length === 0 ? (
                <p className="hint">The app has done nothing with this record since the host started.</p>
            ) : (
                <Calls roots={roots.slice(0, SHOWN)} all={all} />
            )}
        </section>
    )
}
