/** One person: what is known, what the app can do, what ALC found out, and the person's phone beside it. */

import {useCallback, useEffect} from "react"
import type {Change} from "../../live.mjs"
import {RecordActivity} from "../activity/record-activity"
import {Avatar} from "../avatar"
import {Icon} from "../icons"
import {useLoaded} from "../loaded"
import {Loading, Notice} from "../notice"
import {usePeople} from "../people-page"
import {PhonePanel} from "../phone/phone-panel"
import {Link} from "../router"
import {type PersonRecord, server} from "../server"
import {useSession} from "../session"
import {ActionButtons} from "./actions"
import {AppCard} from "./app-card"
import {Details} from "./details"

export function RecordPage({id}: {id: string}) {
    const session = useSession()
    const concerns = useCallback(
        (change: Change) => change.type === "attributes" || (change.type === "record" && change.id === id),
        [id]
    )
    const [person, put] = useLoaded(id, () => server.person(id), concerns)
    const name = person.state === "here" ? person.value.name : ""
    useEffect(() => {
        document.title = name === "" ? "Person" : `${name} · People`
    }, [name])

    return (
        <div className="record">
            <div className="record-main">
                <header className="bar">
                    <Link href="/people" className="crumb">
                        <Icon name="people" />
                        People
                    </Link>
                    {name !== "" && (
                        <>
                            <Icon name="right" size={12} />
                            <bdi className="crumb-here">{name}</bdi>
                        </>
                    )}
                    <Neighbours id={id} />
                </header>
                {person.state === "loading" && <Loading what="the person" />}
                {person.state === "failed" && (
                    <Notice icon="warning" title="This person cannot be shown" isWholePage>
                        {person.message}
                    </Notice>
                )}
                {person.state === "here" && (
                    <>
                        <Heading person={person.value} />
                        <AppCard attributes={person.value.attributes} />
                        <Details person={person.value} onChange={put} />
                        <RecordActivity id={id} />
                    </>
                )}
            </div>
            {session?.hasPhones === true && person.state === "here" && <PhonePanel person={person.value} />}
        </div>
    )
}

function Heading({person: {id, name, attributes}}: {person: PersonRecord}) {
    const first = (slug: string) => attributes.find((each) => each.slug === slug)?.values[0]
    const [job, company] = [first("job_title"), first("company")]
    const words = [
        job?.kind === "text" ? job.text : null,
        company?.kind === "record" ? company.name : null,
    ].filter((each) => each !== null)
    return (
        <section className="heading">
            <Avatar name={name} size="large" />
            <div>
                <h1 title={name}>
                    <bdi>{name}</bdi>
                </h1>
                <p>{words.length > 0 ? words.join(" at ") : "Person"}</p>
            </div>
            <ActionButtons recordId={id} />
        </section>
    )
}

/** The people before and after, in the order of the list. */
function Neighbours({id}: {id: string}) {
    const people = usePeople()
    if (people.state !== "here") return null
    const at = people.value.findIndex((each) => each.id === id)
    if (at < 0) return null
    const links = [
        {to: people.value[at - 1], label: "Person before", icon: "left"},
        {to: people.value[at + 1], label: "Next person", icon: "right"},
    ] as const
    return (
        <span className="neighbours">
            <span className="count">
                {at + 1} of {people.value.length}
            </span>
            {links.map(({to, label, icon}) =>
                to === undefined ? null : (
                    <Link
                        key={label}
                        href={`/people/${to.id}`}
                        className="quiet square"
                        aria-label={label}
                        title={label}
                    >
                        <Icon name={icon} size={14} />
                    </Link>
                )
            )}
        </span>
    )
}
