/** Our webhook handlers in Attio: the addresses at which Attio runs a `*.webhook.ts` of ours. */

import type {WebhookHandler} from "attio/server"
import {
    createWebhookHandler,
    deleteWebhookHandler,
    listWebhookHandlers,
    updateWebhookHandler,
} from "attio/server"
import {failure, type Result, success} from "../result"

export async function createHandler(fileName: string): Promise<Result<WebhookHandler>> {
    return asResult(() => createWebhookHandler({fileName}))
}

export async function listHandlers(): Promise<Result<WebhookHandler[]>> {
    return asResult(() => listWebhookHandlers())
}

/** Writes on the handler which webhook at ALC posts to it. */
export async function linkHandler(handlerId: string, externalWebhookId: string): Promise<Result<void>> {
    return asResult(() => updateWebhookHandler(handlerId, {externalWebhookId}))
}

/** Already gone is as good as deleted now. */
export async function deleteHandler(handlerId: string): Promise<Result<void>> {
    const deleted = await asResult(() => deleteWebhookHandler(handlerId))
    if (deleted.ok) return deleted
    const present = await listHandlers()
    const isGone = present.ok && !present.value.some((each) => each.id === handlerId)
    return isGone ? success(undefined) : deleted
}

async function asResult<Value>(call: () => Promise<Value>): Promise<Result<Value>> {
    try {
        return success(await call())
    } catch (error) {
        return failure("attio_handler_failed", null, error instanceof Error ? error.message : null)
    }
}
