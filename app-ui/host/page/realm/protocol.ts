/** What the page and the realm of the app's code say to each other. Everything is copied on its way, nothing is shared. */

export type Failure = {name: string; message: string; code?: string | undefined}

export type Action = {id: string; label: string; icon: string | null; isOffered: boolean}

export type ToastVariant = "neutral" | "success" | "warning" | "error"

export type ToastOptions = {
    variant: ToastVariant
    title: string
    text?: string
    /** `onClick` stays in the realm; the page calls it by this number. */
    action?: {label: string; onClick: number} | null
    durationMs?: number
    dismissable?: boolean
    progress?: number
}

export type ConfirmOptions = {
    title?: string
    text?: string
    confirmLabel?: string
    cancelLabel?: string
    confirmVariant?: "primary" | "secondary" | "secondary-destructive" | "destructive"
}

/** A rendered element. A function among the props is `{call: number}`. */
export type DrawnElement = {type: string; props: Record<string, unknown>; children: Drawn[]}
export type Drawn = string | DrawnElement

/** Calls the app's code makes that the page answers. */
export type Calls = {
    alert: [options: {title: string; text: string; okLabel?: string}]
    confirm: [options: ConfirmOptions]
    showToast: [id: number, options: ToastOptions]
    updateToast: [id: number, changes: Partial<ToastOptions>]
    upsertToast: [id: number, changes: Partial<ToastOptions>]
    hideToast: [id: number]
    showDialog: [id: number, title: string]
    drawDialog: [id: number, drawn: Drawn[]]
    hideDialog: [id: number]
    openWindow: [address: string]
    runQuery: [query: string, variables: Record<string, unknown> | undefined]
    runServerFunction: [id: string, args: unknown[]]
}

export type FromRealm =
    | {type: "registered"; actions: Action[]}
    | {type: "broken"; failure: Failure}
    | {[Name in keyof Calls]: {type: "call"; call: number; name: Name; args: Calls[Name]}}[keyof Calls]
    | {type: "ended"; press: number; failure: Failure | null}

export type ToRealm =
    | {type: "load"; enums: Record<string, Record<string, string>>}
    | {type: "press"; press: number; action: string; record: {recordId: string; object: string}}
    | {type: "answer"; call: number; value: unknown; failure: Failure | null}
    /** A function the app lent: a toast's action, a button's click. */
    | {type: "invoke"; call: number; args: unknown[]}
    | {type: "dialog-closed"; dialog: number}
