/** The app in this workspace: its connection to the provider, made and taken away here. */

import {useEffect, useState} from "react"
import {useFocusKept} from "../focus"
import {Icon} from "../icons"
import {Notice} from "../notice"
import {asks} from "../overlays/dialogs"
import {toast} from "../overlays/toasts"
import {server, ServerError, type Session} from "../server"
import {reloadSession, titleOf, useSession} from "../session"
import {moment, useAgo} from "../time"

export function AppPage() {
    const session = useSession()
    const title = titleOf(session?.app.name ?? "")
    useEffect(() => {
        document.title = title === "" ? "Apps" : title
    }, [title])
    useFocusKept(session?.connection?.id ?? "")
    if (session === null) return null
    return (
        <div className="app-page">
            <header className="bar">
                <Icon name="plug" />
                <span className="crumb">Apps</span>
                <Icon name="right" size={12} />
                <span className="crumb-here">{title}</span>
            </header>
            <section className="heading">
                <span className="app-mark large" aria-hidden="true">
                    <Icon name="check" size={24} />
                </span>
                <div>
                    <h1>{title}</h1>
                    <p>{session.app.description}</p>
                </div>
            </section>
            {session.refusal !== null && session.connection === null && <Refused refusal={session.refusal} />}
            <section className="card" aria-labelledby="connection">
                <header>
                    <h2 id="connection">Connection</h2>
                </header>
                {session.connection === null ? (
                    <NotConnected session={session} title={title} />
                ) : (
                    <Connected session={session} connection={session.connection} title={title} />
                )}
            </section>
            {session.isRemembered && (
                <p className="caption">
                    The local Attio and the SMS gateway keep everything in memory. What you change and what is
                    texted is kept beside them and is here again after a restart;{" "}
                    <code>cargo xtask demo --fresh</code> starts over.
                </p>
            )}
        </div>
    )
}

function NotConnected({session, title}: {session: Session; title: string}) {
    const {provider, login} = session
    if (provider === null) {
        return (
            <Notice icon="plug" title="No provider">
                Start the host with <code>--client-id</code> and its companions to connect here.
            </Notice>
        )
    }
    return (
        <div className="connect">
            <p>
                Connecting takes you to {title}, where you log in and allow this workspace to send leads. You
                come back here.
            </p>
            {login !== null && (
                <div className="login-hint">
                    <p>Log in there with</p>
                    <Copyable label="Email" text={login.email} />
                    <Copyable label="Password" text={login.password} />
                </div>
            )}
            <a className="button primary" href="/connections/start?return_to=/apps">
                <Icon name="plug" />
                Connect to {title}
            </a>
        </div>
    )
}

type ConnectedProps = {session: Session; connection: NonNullable<Session["connection"]>; title: string}

function Connected({session, connection, title}: ConnectedProps) {
    const [isLeaving, setLeaving] = useState(false)
    const ago = useAgo(connection.connectedAt)
    const disconnect = async () => {
        const isSure = await asks.confirm({
            title: `Disconnect ${title}?`,
            text: "ALC stops texting your people at once. Records that still wait for an answer will say Cancelled.",
            confirmLabel: "Disconnect",
            confirmVariant: "destructive",
        })
        if (!isSure) return
        setLeaving(true)
        try {
            await server.disconnect()
            toast({variant: "success", title: `${title} is disconnected`})
        } catch (error) {
            const text = error instanceof ServerError ? error.message : String(error)
            toast({variant: "error", title: "Not disconnected", text})
        }
        setLeaving(false)
        await reloadSession()
    }
    return (
        <>
            <div className="connected">
                <span className={`pill ${connection.isExpired ? "pill-red" : "pill-green"}`}>
                    <Icon name={connection.isExpired ? "warning" : "check"} size={13} />
                    {connection.isExpired ? "Expired" : "Connected"}
                </span>
                <span>
                    by <strong>{session.person}</strong>,{" "}
                    <span title={moment(connection.connectedAt)}>{ago}</span>
                </span>
                <button
                    type="button"
                    className="danger-quiet"
                    aria-disabled={isLeaving}
                    onClick={isLeaving ? undefined : () => void disconnect()}
                >
                    {isLeaving && <span className="spinner" aria-hidden="true" />}
                    Disconnect
                </button>
            </div>
            <dl className="rows">
                <Fact title="Provider" text={session.provider ?? "A pasted token"} />
                {connection.scope !== null && (
                    <Fact title="Allowed" text={connection.scope.split(" ").join(" · ")} />
                )}
                <Fact
                    title="Token expires"
                    text={
                        connection.expiresAt === null
                            ? "Never"
                            : `${moment(connection.expiresAt)} · renewed by itself before`
                    }
                />
                <Fact
                    title="Webhooks"
                    text={session.handlers.map(({fileName}) => fileName).join(", ") || "None"}
                />
            </dl>
            {connection.isExpired && (
                <p className="hint">
                    The provider does not renew this connection any more. Disconnect, then connect again.
                </p>
            )}
        </>
    )
}

function Fact({title, text}: {title: string; text: string}) {
    return (
        <div className="row">
            <dt>{title}</dt>
            <dd>{text}</dd>
        </div>
    )
}

function Refused({refusal: {code, message}}: {refusal: NonNullable<Session["refusal"]>}) {
    const isDenied = code === "access_denied"
    return (
        <div className={`banner ${isDenied ? "banner-warning" : "banner-error"}`} role="alert">
            <Icon name="warning" />
            <div>
                <strong>{isDenied ? "You did not allow it" : "Not connected"}</strong>
                <p>
                    {isDenied ? "Nothing was connected. Connect again when you change your mind." : message}
                </p>
            </div>
        </div>
    )
}

function Copyable({label, text}: {label: string; text: string}) {
    return (
        <div className="copyable">
            <span>{label}</span>
            <button
                type="button"
                className="code"
                aria-label={`Copy ${label}: ${text}`}
                onClick={async () => {
                    await navigator.clipboard.writeText(text)
                    toast({variant: "success", title: `${label} copied`, durationMs: 1500})
                }}
            >
                <span>{text}</span>
                <Icon name="copy" size={13} />
            </button>
        </div>
    )
}
