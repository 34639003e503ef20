/** The whole page: navigation beside the place where the person is, and what may lie over both. */

import {useEffect} from "react"
import {ActivityPage} from "./activity/activity-page"
import {startRealm} from "./app-realm"
import {AppPage} from "./apps/app-page"
import {useFocusKept} from "./focus"
import {isLive, startLive} from "./live"
import {Navigation} from "./navigation"
import {Notice} from "./notice"
import {Dialogs} from "./overlays/dialogs"
import {Toasts} from "./overlays/toasts"
import {Palette, usePaletteKey} from "./palette"
import {PeoplePage} from "./people-page"
import {RecordPage} from "./record/record-page"
import {Link, usePath, usePlace} from "./router"
import {useSession, useSessionUpdates} from "./session"
import {useStore} from "./store"

export function Page() {
    const session = useSession()
    useSessionUpdates()
    usePaletteKey()
    useFocusKept(usePath())
    useEffect(startLive, [])
    useEffect(() => {
        if (session !== null) startRealm(session.enums)
    }, [session])
    const isLost = useStore(isLive) === false

    return (
        <>
            <a className="skip" href="#main">
                Skip to the content
            </a>
            <Navigation />
            <main id="main" tabIndex={-1}>
                {isLost && (
                    <p className="lost" role="alert">
                        The host does not answer. Start it again with <code>cargo xtask demo</code>; this page
                        goes on by itself.
                    </p>
                )}
                <Content />
            </main>
            <Palette />
            <Dialogs />
            <Toasts />
        </>
    )
}

function Content() {
    const place = usePlace()
    switch (place.name) {
        case "people":
            return <PeoplePage />
        case "person":
            return <RecordPage key={place.id} id={place.id} />
        case "apps":
            return <AppPage />
        case "activity":
            return <ActivityPage />
        case "nowhere":
            return (
                <Notice icon="search" title="There is nothing at this address" isWholePage>
                    <Link href="/people">Go to People</Link>
                </Notice>
            )
    }
}
