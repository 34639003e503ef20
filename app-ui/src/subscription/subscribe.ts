/**
 * Has ALC tell this workspace what becomes of its leads: attributes to write to, a handler in Attio that receives, a
 * webhook at ALC that sends. All of it or nothing: what was made before a failure is taken back.
 */

import type {Connection} from "attio/server"
import {ATTIO_API_TOKEN} from "attio/server"
import type {AlcAccess} from "../alc-api/request"
import {createWebhook, findWebhooks} from "../alc-api/webhooks"
import {createHandler, linkHandler} from "../attio-api/webhook-handlers"
import {rememberSubscription} from "../memory/subscriptions"
import {failure, type Result, success} from "../result"
import {ensureAttributes} from "./attributes"
import {cleanUp, cleanUpLeftovers} from "./clean-up"

const WEBHOOK_FILE = "lead-processed"

/** Together less than Attio's 30 seconds: what was made in time can also be taken back in time. */
const MAKE_WITHIN_MS = 18_000
const TAKE_BACK_WITHIN_MS = 9_000

/** `connection` is the one being added: Attio stores it only after this went well. */
export async function subscribe(connection: Connection): Promise<Result<null>> {
    const until = Date.now() + MAKE_WITHIN_MS
    const alc = {token: connection.value, until}
    await cleanUpLeftovers(alc)

    const ensured = await ensureAttributes({token: ATTIO_API_TOKEN, until})
    if (!ensured.ok) return ensured

    const handler = await createHandler(WEBHOOK_FILE)
    if (!handler.ok) return handler
    const {id: handlerId, url} = handler.value

    const webhook = await createWebhook(alc, {name: handlerId, url})
    if (!webhook.ok) {
        await takeBackUnknown(forTakingBack(connection), handlerId, url)
        return webhook
    }
    const {webhookId, secret} = webhook.value

    const kept = await keep({handlerId, webhookId, secret, connectionId: connection.id})
    if (!kept.ok) await cleanUp(forTakingBack(connection), [{handlerId, webhookId}])
    return kept
}

function forTakingBack(connection: Connection): AlcAccess {
    return {token: connection.value, until: Date.now() + TAKE_BACK_WITHIN_MS}
}

type Kept = {handlerId: string; webhookId: string; secret: string; connectionId: string}

async function keep(subscription: Kept): Promise<Result<null>> {
    const linked = await linkHandler(subscription.handlerId, subscription.webhookId)
    if (!linked.ok) return linked
    try {
        await rememberSubscription(subscription)
        return success(null)
    } catch {
        return failure("attio_memory_failed")
    }
}

/** The answer may have been lost on its way while ALC made the webhook: find it by the address only we know. */
async function takeBackUnknown(alc: AlcAccess, handlerId: string, url: string): Promise<void> {
    const found = await findWebhooks(alc, url)
    const webhookIds = found.ok ? found.value : []
    await cleanUp(alc, [{handlerId, webhookId: null}, ...webhookIds.map(ofWebhook)])
}

function ofWebhook(webhookId: string) {
    return {handlerId: null, webhookId}
}
