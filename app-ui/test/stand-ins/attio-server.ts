/** What Attio puts behind `attio/server`, as far as the app uses it, in memory. */

import type {KVSerializable, WebhookHandler} from "attio/server"

export const ATTIO_API_TOKEN = "attio-token"

const entries = new Map<string, KVSerializable>()
const handlers = new Map<string, WebhookHandler>()
let connection: {id: string; value: string} | null = {id: "connection-1", value: "alc-token"}

export const kv = {
    get: async (key: string) => (entries.has(key) ? {value: entries.get(key)} : null),
    set: async (key: string, value: KVSerializable) => {
        entries.set(key, JSON.parse(JSON.stringify(value)))
    },
    delete: async (key: string) => {
        entries.delete(key)
    },
}

export function getWorkspaceConnection() {
    if (connection !== null) return connection
    throw Object.assign(new Error("No workspace connection found"), {code: "no-workspace-connection"})
}

export async function createWebhookHandler({fileName}: {fileName: string}): Promise<WebhookHandler> {
    const id = `handler-${handlers.size + 1}`
    const handler = {id, fileName, url: `https://hooks.attio.com/${id}`, externalWebhookId: null}
    handlers.set(id, handler)
    return handler
}

export async function listWebhookHandlers(): Promise<WebhookHandler[]> {
    return [...handlers.values()]
}

export async function updateWebhookHandler(id: string, changes: {externalWebhookId: string}): Promise<void> {
    Object.assign(found(id), changes)
}

export async function deleteWebhookHandler(id: string): Promise<void> {
    found(id)
    handlers.delete(id)
}

/** For tests: as if the app had just been installed and connected. */
export function resetAttio(): void {
    entries.clear()
    handlers.clear()
    connection = {id: "connection-1", value: "alc-token"}
}

/** For tests: nobody has connected ALC. */
export function disconnect(): void {
    connection = null
}

/** For tests: what is in the key-value store. */
export function kvEntries(): Record<string, KVSerializable> {
    return Object.fromEntries(entries)
}

function found(id: string): WebhookHandler {
    const handler = handlers.get(id)
    if (handler === undefined) throw new Error(`There is no webhook handler ${id}`)
    return handler
}
