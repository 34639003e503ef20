/** The person's phone: what ALC texts, what became of each text, and answering as that person. */

import {type FormEvent, type ReactNode, useEffect, useState} from "react"
import {Icon} from "../icons"
import {thread, watchPhone} from "../live"
import {type PersonRecord, server, ServerError, type Text} from "../server"
import {useStore} from "../store"
import {timeOfDay} from "../time"
import {Thread} from "./thread"

/** What people answer, from eager to unwilling. */
const QUICK = ["Yes, call me tomorrow", "Maybe later this year", "Who is this?", "Not interested"]

export function PhonePanel({person}: {person: PersonRecord}) {
    const numbers = person.attributes
        .flatMap(({values}) => values)
        .flatMap((value) => (value.kind === "phone" ? [value] : []))
    const number = numbers[0]?.number ?? ""
    useEffect(() => {
        watchPhone(number === "" ? null : number)
        return () => watchPhone(null)
    }, [number])
    const followed = useStore(thread)
    const isHere = followed !== null && followed.number === number
    return (
        <aside className="phone-panel" aria-label={`${person.name}’s phone`}>
            <p className="phone-owner">
                <bdi>{person.name.split(" ")[0]}</bdi>’s phone {number !== "" && <span>{number}</span>}
            </p>
            <div className="phone">
                <div className="phone-screen">
                    <StatusBar />
                    {numbers.length === 0 && (
                        <Silence title="No phone number">
                            Add one under Details, and texts to it show up here.
                        </Silence>
                    )}
                    {numbers.length > 0 && number === "" && (
                        <Silence title="Not a phone number">
                            “{numbers[0]?.typed}” reaches no phone. Correct it under Details.
                        </Silence>
                    )}
                    {number !== "" && isHere && followed.texts === null && (
                        <Silence title="No network">The local SMS gateway does not answer.</Silence>
                    )}
                    {number !== "" && isHere && followed.texts !== null && (
                        <Conversation number={number} texts={followed.texts} />
                    )}
                    <span className="phone-bar" aria-hidden="true" />
                </div>
            </div>
        </aside>
    )
}

function Conversation({number, texts}: {number: string; texts: Text[]}) {
    const [draft, setDraft] = useState("")
    const [problem, setProblem] = useState<string | null>(null)
    const [isSending, setSending] = useState(false)
    const otherEnd = texts.at(-1)?.number

    const send = async (body: string) => {
        if (isSending) return
        setSending(true)
        setProblem(null)
        try {
            await server.reply(number, body)
            setDraft("")
        } catch (error) {
            setProblem(error instanceof ServerError ? error.message : String(error))
        } finally {
            setSending(false)
        }
    }
    const onSubmit = (event: FormEvent) => {
        event.preventDefault()
        if (draft.trim() !== "") void send(draft)
    }
    if (otherEnd === undefined) {
        return <Silence title="No messages">Nobody has texted this phone yet.</Silence>
    }
    return (
        <>
            <header className="phone-contact">
                <span aria-hidden="true">
                    <Icon name="building" size={15} />
                </span>
                {otherEnd}
            </header>
            <div className="phone-thread" tabIndex={0} role="log" aria-label="Messages">
                <div className="phone-texts">
                    <Thread texts={texts} />
                </div>
            </div>
            {problem !== null && (
                <p className="problem" role="alert">
                    {problem}
                </p>
            )}
            <div className="quick" role="group" aria-label="Quick replies">
                {QUICK.map((words) => (
                    <button
                        key={words}
                        type="button"
                        aria-disabled={isSending}
                        onClick={() => void send(words)}
                    >
                        {words}
                    </button>
                ))}
                <button
                    type="button"
                    className="stop"
                    aria-disabled={isSending}
                    onClick={() => void send("STOP")}
                >
                    STOP
                </button>
            </div>
            <form className="compose" onSubmit={onSubmit}>
                <input
                    value={draft}
                    placeholder="Text message"
                    aria-label="Answer as this person"
                    maxLength={1600}
                    onChange={(event) => setDraft(event.target.value)}
                />
                <button type="submit" aria-label="Send" aria-disabled={isSending || draft.trim() === ""}>
                    <Icon name="up" size={15} />
                </button>
            </form>
        </>
    )
}

function StatusBar() {
    const [now, setNow] = useState(Date.now)
    useEffect(() => {
        const timer = setInterval(() => setNow(Date.now()), 1000)
        return () => clearInterval(timer)
    }, [])
    return (
        <div className="phone-status" aria-hidden="true">
            <span>{timeOfDay(now)}</span>
            <span className="phone-camera" />
            <svg width="38" height="12" viewBox="0 0 38 12">
                <path d="M1 9v2M4.5 6.5V11M8 4v7M11.5 1v10" stroke="currentColor" strokeWidth="2" />
                <rect
                    x="17.5"
                    y="1"
                    width="17"
                    height="10"
                    rx="3"
                    fill="none"
                    stroke="currentColor"
                    opacity="0.5"
                />
                <rect x="19.2" y="2.7" width="11" height="6.6" rx="1.6" fill="currentColor" />
                <path d="M36.5 4.5v3" stroke="currentColor" opacity="0.5" />
            </svg>
        </div>
    )
}

function Silence({title, children}: {title: string; children: ReactNode}) {
    return (
        <div className="phone-silence">
            <Icon name="message" size={22} />
            <strong>{title}</strong>
            <p>{children}</p>
        </div>
    )
}
