/** Short messages that come and go, in a corner. An app changes and hides its own by number. */

import {useEffect, useState} from "react"
import {invoke} from "../app-realm"
import {Icon, type IconName} from "../icons"
import type {ToastOptions} from "../realm/protocol"
import {Store, useStore} from "../store"

type Toast = {id: number; options: ToastOptions}

const LASTS_MS = 4000

const toasts = new Store<readonly Toast[]>([])
/** Apart from the numbers the app's realm gives. */
let ownNumber = 0

const ICONS: Record<ToastOptions["variant"], IconName> = {
    neutral: "info",
    success: "check",
    warning: "warning",
    error: "warning",
}

/** A toast of the page itself. */
export function toast(options: ToastOptions) {
    putToast(--ownNumber, options)
}

export function putToast(id: number, options: Partial<ToastOptions>) {
    toasts.set((before) => {
        const known = before.find((each) => each.id === id)
        const next = {
            id,
            options: {variant: "neutral", title: "", ...known?.options, ...options} as ToastOptions,
        }
        return known === undefined ? [...before, next] : before.map((each) => (each.id === id ? next : each))
    })
}

export function updateToast(id: number, changes: Partial<ToastOptions>) {
    if (toasts.get().some((each) => each.id === id)) putToast(id, changes)
}

export function hideToast(id: number) {
    toasts.set((before) => before.filter((each) => each.id !== id))
}

export function Toasts() {
    return (
        <div className="toasts" role="region" aria-label="Notifications">
            {useStore(toasts).map(({id, options}) => (
                <ToastCard key={id} id={id} options={options} />
            ))}
        </div>
    )
}

function ToastCard({id, options}: Toast) {
    const {variant, title, text, action, durationMs = LASTS_MS, dismissable = true, progress} = options
    const [isHeld, setHeld] = useState(false)
    const isError = variant === "error" || variant === "warning"
    // Who points at it, or has come to it by keyboard, is reading it.
    useEffect(() => {
        if (isHeld) return
        const timer = setTimeout(() => hideToast(id), durationMs)
        return () => clearTimeout(timer)
    }, [id, durationMs, isHeld, options])
    return (
        <div
            className={`toast toast-${variant}`}
            role={isError ? "alert" : "status"}
            onMouseEnter={() => setHeld(true)}
            onMouseLeave={() => setHeld(false)}
            onFocus={() => setHeld(true)}
            onBlur={() => setHeld(false)}
        >
            <span className="toast-icon">
                <Icon name={ICONS[variant]} />
            </span>
            <div className="toast-words">
                <strong>{title}</strong>
                {text !== undefined && <p>{text}</p>}
                {action != null && (
                    <button type="button" className="link" onClick={() => invoke(action.onClick)}>
                        {action.label}
                    </button>
                )}
                {progress !== undefined && (
                    <progress max={100} value={Math.min(100, Math.max(0, progress))} />
                )}
            </div>
            {dismissable && (
                <button
                    type="button"
                    className="quiet square"
                    aria-label="Dismiss"
                    onClick={() => hideToast(id)}
                >
                    <Icon name="cross" size={14} />
                </button>
            )}
        </div>
    )
}
