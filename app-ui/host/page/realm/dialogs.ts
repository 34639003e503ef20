/**
 * Dialogs an app opens. Its components run here, where there is no page; what they come to is sent to the page as plain
 * elements, which draws them in its own look. A renderer for React, therefore, whose output is data.
 */

import * as React from "react"
import createReconciler from "react-reconciler"
import {DefaultEventPriority, NoEventPriority} from "react-reconciler/constants"
import type {Drawn} from "./protocol"

type Instance = {type: string; props: Record<string, unknown>; children: (Instance | string)[]}
type Text = {text: string}
type Container = {children: (Instance | Text)[]; changed: () => void}
type Node = Instance | Text

type Page = {
    show: (id: number, title: string) => void
    draw: (id: number, drawn: Drawn[]) => void
    hide: (id: number) => void
    lend: (call: (...args: unknown[]) => unknown) => number
}

export function dialogs(page: Page) {
    const open = new Map<number, {close: () => void}>()
    let last = 0

    return {
        /** `showDialog`: resolves when the dialog has been closed, by the app or by the person. */
        open: ({title, Dialog}: {title: string; Dialog: React.ComponentType<{hideDialog: () => void}>}) =>
            new Promise<void>((resolve, reject) => {
                const id = ++last
                const calls = new Map<unknown, number>()
                const container: Container = {
                    children: [],
                    changed: () =>
                        page.draw(
                            id,
                            container.children.map((child) => drawn(child, calls, page))
                        ),
                }
                const end = (settle: () => void) => {
                    if (!open.delete(id)) return
                    renderer.updateContainer(null, root, null, null)
                    page.hide(id)
                    settle()
                }
                const failed = (error: unknown) => end(() => reject(error))
                const root = renderer.createContainer(
                    container,
                    0,
                    null,
                    false,
                    null,
                    "",
                    failed,
                    failed,
                    () => {},
                    () => {}
                )
                open.set(id, {close: () => end(resolve)})
                page.show(id, title)
                renderer.updateContainer(
                    React.createElement(Dialog, {hideDialog: () => end(resolve)}),
                    root,
                    null,
                    null
                )
            }),
        close: (id: number) => open.get(id)?.close(),
        /** What a component of the SDK comes to: an element of its own name. */
        draw: (name: string, props: Record<string, unknown>) => React.createElement(`sdk:${name}`, props),
    }
}

function drawn(node: Node | string, calls: Map<unknown, number>, page: Page): Drawn {
    if (typeof node === "string") return node
    if ("text" in node) return node.text
    const props = Object.entries(node.props)
        .filter(([name]) => name !== "children")
        .map(([name, value]) => [name, plain(value, calls, page)])
    return {
        type: node.type.replace(/^sdk:/, ""),
        props: Object.fromEntries(props),
        children: node.children.map((child) => drawn(child, calls, page)),
    }
}

/** A function crosses as its number, the same one as long as it is the same function. */
function plain(value: unknown, calls: Map<unknown, number>, page: Page): unknown {
    if (typeof value === "function") {
        const known = calls.get(value) ?? page.lend(value as never)
        calls.set(value, known)
        return {call: known}
    }
    if (Array.isArray(value)) return value.map((each) => plain(each, calls, page))
    if (typeof value === "object" && value !== null) {
        if (React.isValidElement(value)) return undefined
        return Object.fromEntries(
            Object.entries(value).map(([name, inner]) => [name, plain(inner, calls, page)])
        )
    }
    return value
}

let priority: number = NoEventPriority

const append = (parent: {children: unknown[]}, child: unknown) => {
    remove(parent, child)
    parent.children.push(child)
}
const insert = (parent: {children: unknown[]}, child: unknown, before: unknown) => {
    remove(parent, child)
    parent.children.splice(parent.children.indexOf(before), 0, child)
}
function remove(parent: {children: unknown[]}, child: unknown) {
    const at = parent.children.indexOf(child)
    if (at >= 0) parent.children.splice(at, 1)
}

const renderer = createReconciler<
    string,
    Record<string, unknown>,
    Container,
    Instance,
    Text,
    never,
    never,
    never,
    Node,
    object,
    never,
    number,
    -1,
    null
>({
    supportsMutation: true,
    supportsPersistence: false,
    supportsHydration: false,
    isPrimaryRenderer: true,
    noTimeout: -1,
    scheduleTimeout: setTimeout,
    cancelTimeout: clearTimeout,
    supportsMicrotasks: true,
    scheduleMicrotask: queueMicrotask,
    createInstance: (type, props) => ({type, props, children: []}),
    createTextInstance: (text) => ({text}),
    appendInitialChild: append,
    appendChild: append,
    appendChildToContainer: append,
    insertBefore: insert,
    insertInContainerBefore: insert,
    removeChild: remove,
    removeChildFromContainer: remove,
    clearContainer: (container) => void container.children.splice(0),
    finalizeInitialChildren: () => false,
    commitUpdate(instance, _type, _before, props) {
        instance.props = props
    },
    commitTextUpdate(text, _before, now) {
        text.text = now
    },
    shouldSetTextContent: () => false,
    prepareForCommit: () => null,
    resetAfterCommit: (container) => container.changed(),
    getRootHostContext: () => ({}),
    getChildHostContext: (context: object) => context,
    getPublicInstance: (instance) => instance as Node,
    preparePortalMount: () => {},
    hideInstance: () => {},
    hideTextInstance: () => {},
    unhideInstance: () => {},
    unhideTextInstance: () => {},
    getInstanceFromNode: () => null,
    beforeActiveInstanceBlur: () => {},
    afterActiveInstanceBlur: () => {},
    prepareScopeUpdate: () => {},
    getInstanceFromScope: () => null,
    detachDeletedInstance: () => {},
    setCurrentUpdatePriority(now: number) {
        priority = now
    },
    getCurrentUpdatePriority: () => priority,
    resolveUpdatePriority: () => (priority === NoEventPriority ? DefaultEventPriority : priority),
    NotPendingTransition: null,
    HostTransitionContext: React.createContext(null) as never,
    resetFormInstance: () => {},
    requestPostPaintCallback: () => {},
    shouldAttemptEagerTransition: () => false,
    trackSchedulerEvent: () => {},
    resolveEventType: () => null,
    resolveEventTimeStamp: () => -1.1,
    maySuspendCommit: () => false,
    preloadInstance: () => true,
    startSuspendingCommit: () => {},
    suspendInstance: () => {},
    waitForCommitToBeReady: () => null,
})
