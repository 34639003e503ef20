/** What stops the person until it is answered: alerts, questions, and dialogs whose content an app draws. */

import {type ReactNode, useId, useRef} from "react"
import {closeDialog} from "../app-realm"
import {useModal} from "../focus"
import {Icon} from "../icons"
import type {Calls, ConfirmOptions, Drawn} from "../realm/protocol"
import {Store, useStore} from "../store"
import {AppElements} from "./app-elements"

type Question = {
    number: number
    title: string
    text: string
    confirm: string
    /** Null for an alert, which can only be acknowledged. */
    cancel: string | null
    isDangerous: boolean
    answer: (isConfirmed: boolean) => void
}
type AppDialog = {id: number; title: string; drawn: Drawn[]}

/** One after the other, in the order in which they came. */
const questions = new Store<readonly Question[]>([])
const appDialogs = new Store<readonly AppDialog[]>([])
let last = 0

export const asks = {
    alert: async ({title, text, okLabel = "OK"}: Calls["alert"][0]) => {
        await ask({title, text, confirm: okLabel, cancel: null, isDangerous: false})
    },
    confirm: ({
        title = "",
        text = "",
        confirmLabel = "OK",
        cancelLabel = "Cancel",
        confirmVariant,
    }: ConfirmOptions) =>
        ask({
            title,
            text,
            confirm: confirmLabel,
            cancel: cancelLabel,
            isDangerous: confirmVariant?.endsWith("destructive") ?? false,
        }),
}

export function showAppDialog(id: number, title: string) {
    appDialogs.set((before) => [...before, {id, title, drawn: []}])
}

export function drawAppDialog(id: number, drawn: Drawn[]) {
    appDialogs.set((before) => before.map((each) => (each.id === id ? {...each, drawn} : each)))
}

export function hideAppDialog(id: number) {
    appDialogs.set((before) => before.filter((each) => each.id !== id))
}

export function Dialogs() {
    const [question] = useStore(questions)
    return (
        <>
            {useStore(appDialogs).map(({id, title, drawn}) => (
                <Modal key={id} className="app-dialog" title={title} onClose={() => closeDialog(id)}>
                    <AppElements drawn={drawn} />
                </Modal>
            ))}
            {question !== undefined && <QuestionDialog key={question.number} question={question} />}
        </>
    )
}

function ask(what: Omit<Question, "number" | "answer">) {
    return new Promise<boolean>((resolve) => {
        const number = ++last
        const answer = (isConfirmed: boolean) => {
            questions.set((before) => before.filter((each) => each.number !== number))
            resolve(isConfirmed)
        }
        questions.set((before) => [...before, {...what, number, answer}])
    })
}

function QuestionDialog({question}: {question: Question}) {
    const {title, text, confirm, cancel, isDangerous, answer} = question
    const isAlert = cancel === null
    const words = useId()
    return (
        <Modal
            className="question"
            role="alertdialog"
            title={title}
            icon={isAlert || isDangerous ? <Icon name="warning" size={18} /> : undefined}
            describedBy={words}
            onClose={() => answer(false)}
        >
            <p id={words}>{text}</p>
            <footer>
                {cancel !== null && (
                    <button type="button" onClick={() => answer(false)}>
                        {cancel}
                    </button>
                )}
                <button
                    type="button"
                    className={isDangerous ? "danger" : "primary"}
                    // The dialog opens with this in focus, so that Enter confirms.
                    autoFocus
                    onClick={() => answer(true)}
                >
                    {confirm}
                </button>
            </footer>
        </Modal>
    )
}

type ModalProps = {
    title: string
    className: string
    role?: "alertdialog" | "dialog"
    icon?: ReactNode
    describedBy?: string
    children: ReactNode
    onClose: () => void
}

/** The browser's own modal dialog: it keeps the focus inside, closes on Esc, and gives the focus back. */
function Modal({title, className, role = "dialog", icon, describedBy, children, onClose}: ModalProps) {
    const element = useRef<HTMLDialogElement>(null)
    const heading = useId()
    useModal(element)
    return (
        <dialog
            ref={element}
            className={className}
            role={role}
            aria-labelledby={heading}
            aria-describedby={describedBy}
            onCancel={(event) => {
                event.preventDefault()
                onClose()
            }}
        >
            <h2 id={heading}>
                {icon}
                {title}
            </h2>
            {role === "dialog" && (
                <button type="button" className="quiet square close" aria-label="Close" onClick={onClose}>
                    <Icon name="cross" size={14} />
                </button>
            )}
            {children}
        </dialog>
    )
}
