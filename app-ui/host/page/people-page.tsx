/** Everybody in this workspace: search, narrow down by what ALC found out, open. */

import {type KeyboardEvent, useDeferredValue, useEffect, useMemo, useRef, useState} from "react"
import type {Change} from "../live.mjs"
import {Avatar} from "./avatar"
import {countryName} from "./country"
import {Icon} from "./icons"
import {useLoaded} from "./loaded"
import {Loading, Notice} from "./notice"
import {Pill} from "./pill"
import {go, Link} from "./router"
import {type PersonInList, server} from "./server"
import {titleOf, useSession} from "./session"

/** What the list can be narrowed down to; a person is in exactly one of the last four. */
const GROUPS = {
    All: () => true,
    "Not sent": ({custom}: PersonInList) => custom.alc_status === undefined,
    Pending: ({custom}: PersonInList) => custom.alc_status === "Pending",
    Complete: ({custom}: PersonInList) => custom.alc_status === "Complete",
    Ended: ({custom}: PersonInList) => ["Cancelled", "Failed"].includes(custom.alc_status ?? ""),
}
type Group = keyof typeof GROUPS
const NAMES = Object.keys(GROUPS) as Group[]

const concernsList = ({type}: Change) => type === "record" || type === "attributes"

export function usePeople() {
    return useLoaded("people", server.people, concernsList)[0]
}

/** Kept while the person looks at a record and comes back. */
let remembered: {search: string; group: Group} = {search: "", group: "All"}

export function PeoplePage() {
    const people = usePeople()
    const [search, setSearch] = useState(remembered.search)
    const [group, setGroup] = useState(remembered.group)
    const wanted = useDeferredValue(search)
    const field = useRef<HTMLInputElement>(null)
    useEffect(() => {
        document.title = "People"
        remembered = {search, group}
    })
    useEffect(() => {
        const onKey = (event: globalThis.KeyboardEvent) => {
            const isTyping =
                event.target instanceof HTMLElement && event.target.closest("input, textarea, dialog")
            if (event.key !== "/" || isTyping) return
            event.preventDefault()
            field.current?.focus()
        }
        addEventListener("keydown", onKey)
        return () => removeEventListener("keydown", onKey)
    }, [])

    const all = people.state === "here" ? people.value : NOBODY
    const found = useMemo(() => matching(all, wanted), [all, wanted])
    const shown = found.filter(GROUPS[group])
    const session = useSession()
    return (
        <div className="people">
            <header className="bar">
                <Icon name="people" />
                <h1>People</h1>
                {people.state === "here" && <span className="count">{all.length}</span>}
            </header>
            <div className="people-tools">
                <div className="search" role="search">
                    <Icon name="search" />
                    <input
                        ref={field}
                        type="search"
                        value={search}
                        placeholder="Search by name, company, phone…"
                        aria-label="Search people"
                        onChange={(event) => setSearch(event.target.value)}
                        onKeyDown={(event) => {
                            if (event.key !== "Enter") return
                            // What is shown may lag behind what was typed.
                            const [first] = matching(all, event.currentTarget.value).filter(GROUPS[group])
                            if (first !== undefined) go(`/people/${first.id}`)
                        }}
                    />
                    <kbd>/</kbd>
                </div>
                <div className="tabs" role="group" aria-label="Narrow down by ALC status">
                    {NAMES.map((name) => (
                        <button
                            key={name}
                            type="button"
                            aria-pressed={group === name}
                            onClick={() => setGroup(name)}
                        >
                            {name}
                            <span className="count">{found.filter(GROUPS[name]).length}</span>
                        </button>
                    ))}
                </div>
            </div>
            {session !== null && session.provider !== null && session.connection === null && (
                <p className="banner">
                    <Icon name="plug" />
                    <span>
                        {titleOf(session.app.name)} is not connected to this workspace.{" "}
                        <Link href="/apps">Connect it</Link> to send people.
                    </span>
                </p>
            )}
            {people.state === "loading" && <Loading what="people" />}
            {people.state === "failed" && (
                <Notice icon="warning" title="People cannot be shown">
                    {people.message}
                </Notice>
            )}
            {people.state === "here" && shown.length === 0 && (
                <Notice
                    icon="search"
                    title={
                        wanted.trim() === ""
                            ? `Nobody under “${group}”`
                            : `Nobody found for “${wanted.trim()}”`
                    }
                >
                    <button
                        type="button"
                        onClick={() => {
                            setSearch("")
                            setGroup("All")
                        }}
                    >
                        Show everybody
                    </button>
                </Notice>
            )}
            {shown.length > 0 && <Table people={shown} />}
        </div>
    )
}

function Table({people}: {people: PersonInList[]}) {
    return (
        <div className="table-frame">
            <table onKeyDown={moveByArrows}>
                <thead>
                    <tr>
                        <th scope="col">Name</th>
                        <th scope="col">ALC</th>
                        <th scope="col" className="wide">
                            Company
                        </th>
                        <th scope="col">Phone number</th>
                        <th scope="col" className="wide">
                            Country
                        </th>
                    </tr>
                </thead>
                <tbody>
                    {people.map((person) => (
                        <Row key={person.id} person={person} />
                    ))}
                </tbody>
            </table>
        </div>
    )
}

function Row({person: {id, name, jobTitle, company, phone, country, custom}}: {person: PersonInList}) {
    const {alc_status: status, alc_interest: interest} = custom
    return (
        <tr onClick={() => go(`/people/${id}`)}>
            <td>
                <Link href={`/people/${id}`} className="person">
                    <Avatar name={name} />
                    <span>
                        <strong>
                            <bdi>{name}</bdi>
                        </strong>
                        {jobTitle !== null && <small>{jobTitle}</small>}
                    </span>
                </Link>
            </td>
            <td>
                {status !== undefined && (status !== "Complete" || interest === undefined) && (
                    <Pill word={status} />
                )}
                {status === "Complete" && interest !== undefined && <Pill word={interest} />}
            </td>
            <td className="wide">{company}</td>
            <td className="number">{phone}</td>
            <td className="wide">{country !== null && countryName(country)}</td>
        </tr>
    )
}

/** Up and down from name to name. */
function moveByArrows(event: KeyboardEvent<HTMLTableElement>) {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return
    const names = [...event.currentTarget.querySelectorAll<HTMLElement>("a.person")]
    const next = names.indexOf(document.activeElement as HTMLElement) + (event.key === "ArrowDown" ? 1 : -1)
    event.preventDefault()
    names[Math.max(0, next)]?.focus()
}

const NOBODY: PersonInList[] = []

export function matching(people: PersonInList[], search: string) {
    const words = plain(search).split(/\s+/).filter(Boolean)
    if (words.length === 0) return people
    return people.filter(({name, company, jobTitle, phone, email, custom}) => {
        const text = plain([name, company, jobTitle, phone, email, ...Object.values(custom)].join(" "))
        return words.every((word) => text.includes(word))
    })
}

/** Whether each word looked for begins a word of the text. */
export function startsWords(text: string, search: string) {
    const words = plain(text).split(/[^\p{L}\p{N}]+/u)
    return plain(search)
        .split(/\s+/)
        .every((wanted) => words.some((word) => word.startsWith(wanted)))
}

/** Without case and accents, which nobody types when searching. */
function plain(text: string) {
    return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase()
}
