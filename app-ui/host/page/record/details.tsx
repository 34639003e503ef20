/** Attio's own attributes of a person, and correcting those a person may correct. */

import {type FormEvent, type KeyboardEvent, useEffect, useId, useRef, useState} from "react"
import {countries} from "../country"
import {Icon, type IconName} from "../icons"
import {type PersonRecord, server, ServerError} from "../server"
import {Values} from "./value"

type Attribute = PersonRecord["attributes"][number]

const ICONS: Record<string, IconName> = {
    "personal-name": "person",
    "email-address": "mail",
    "phone-number": "call",
    "record-reference": "building",
    location: "pin",
    timestamp: "clock",
    select: "select",
}
const ICONS_BY_SLUG: Record<string, IconName> = {job_title: "briefcase", linkedin: "link", twitter: "link"}

/** These are asked for, the rest is shown when it is there. */
const ALWAYS = ["name", "email_addresses", "phone_numbers", "job_title", "company", "primary_location"]

type DetailsProps = {person: PersonRecord; onChange: (person: PersonRecord) => void}

export function Details({person, onChange}: DetailsProps) {
    const own = person.attributes.filter(({isCustom}) => !isCustom)
    const shown = own.filter(({slug, values}) => ALWAYS.includes(slug) || values.length > 0)
    return (
        <section className="card" aria-labelledby="details">
            <header>
                <h2 id="details">Details</h2>
            </header>
            <dl className="rows">
                {shown.map((attribute) => (
                    <Row key={attribute.slug} id={person.id} attribute={attribute} onChange={onChange} />
                ))}
            </dl>
        </section>
    )
}

type RowProps = {id: string; attribute: Attribute; onChange: (person: PersonRecord) => void}

function Row({id, attribute, onChange}: RowProps) {
    const {slug, title, type, values, isEditable} = attribute
    const [isEdited, setEdited] = useState(false)
    const edit = useRef<HTMLButtonElement>(null)
    const wasEdited = useRef(false)
    useEffect(() => {
        if (wasEdited.current && !isEdited) edit.current?.focus()
        wasEdited.current = isEdited
    }, [isEdited])
    return (
        <div className="row">
            <dt>
                <Icon name={ICONS_BY_SLUG[slug] ?? ICONS[type] ?? "text"} />
                {title}
            </dt>
            <dd>
                {isEdited ? (
                    <Editor
                        id={id}
                        attribute={attribute}
                        onDone={(corrected) => {
                            setEdited(false)
                            if (corrected !== null) onChange(corrected)
                        }}
                    />
                ) : (
                    <>
                        {values.length > 0 ? (
                            <Values attribute={attribute} />
                        ) : (
                            <span className="empty">Not set</span>
                        )}
                        {isEditable && (
                            <button
                                ref={edit}
                                type="button"
                                className="quiet square edit"
                                aria-label={`Edit ${title.toLowerCase()}`}
                                title="Edit"
                                onClick={() => setEdited(true)}
                            >
                                <Icon name="pencil" size={14} />
                            </button>
                        )}
                    </>
                )}
            </dd>
        </div>
    )
}

type EditorProps = {id: string; attribute: Attribute; onDone: (corrected: PersonRecord | null) => void}

/** One line; several values are separated by commas, the first one first. */
function Editor({id, attribute, onDone}: EditorProps) {
    const {slug, title, isMultiple, values} = attribute
    const [text, setText] = useState(() => values.map(typedText).join(", "))
    const [problem, setProblem] = useState<string | null>(null)
    const problemId = useId()
    const save = async (event: FormEvent) => {
        event.preventDefault()
        try {
            onDone(await server.correct(id, slug, isMultiple ? text.split(",") : [text]))
        } catch (error) {
            setProblem(error instanceof ServerError ? error.message : String(error))
        }
    }
    const leaveOnEscape = (event: KeyboardEvent) => {
        if (event.key === "Escape") onDone(null)
    }
    const field = {
        value: text,
        autoFocus: true,
        "aria-label": title,
        "aria-invalid": problem !== null,
        "aria-describedby": problem === null ? undefined : problemId,
    }
    return (
        <form className="editor" onSubmit={save} onKeyDown={leaveOnEscape}>
            {slug === "primary_location" ? (
                <select {...field} onChange={(event) => setText(event.target.value)}>
                    <option value="">No country</option>
                    {countries().map(({code, name}) => (
                        <option key={code} value={code}>
                            {name}
                        </option>
                    ))}
                </select>
            ) : (
                <input
                    {...field}
                    type={slug === "phone_numbers" ? "tel" : "text"}
                    placeholder={isMultiple ? "Several: separate them by commas" : undefined}
                    onChange={(event) => setText(event.target.value)}
                />
            )}
            <button type="submit" className="primary small">
                Save
            </button>
            <button type="button" className="small" onClick={() => onDone(null)}>
                Cancel
            </button>
            {problem !== null && (
                <p id={problemId} className="problem" role="alert">
                    {problem}
                </p>
            )}
        </form>
    )
}

function typedText(value: Attribute["values"][number]) {
    switch (value.kind) {
        case "phone":
            return value.typed
        case "place":
            return value.country ?? ""
        case "text":
        case "email":
        case "link":
            return value.text
        default:
            return ""
    }
}
