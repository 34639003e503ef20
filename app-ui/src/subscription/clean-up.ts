/**
 * Takes a subscription away again, at ALC and in Attio. One failure does not stop the rest, and what could not be
 * taken away is remembered and tried again with the next connection event.
 */

import type {Connection} from "attio/server"
import type {AlcAccess} from "../alc-api/request"
import {deleteWebhook} from "../alc-api/webhooks"
import {deleteHandler, listHandlers} from "../attio-api/webhook-handlers"
import {keepLeftovers, type Leftover, listLeftovers} from "../memory/leftovers"
import {forgetSubscription, listSubscriptions} from "../memory/subscriptions"
import type {Result} from "../result"

/** Attio ends an event after 30 seconds. */
const CLEAN_UP_WITHIN_MS = 27_000

/** Ends what was subscribed under this connection. */
export async function unsubscribe(connection: Connection): Promise<void> {
    const until = Date.now() + CLEAN_UP_WITHIN_MS
    await cleanUp({token: connection.value, until}, await partsOf(connection))
}

export async function cleanUpLeftovers(alc: AlcAccess): Promise<void> {
    await cleanUp(alc, [])
}

/** Tries the given parts and everything left over from earlier. */
export async function cleanUp(alc: AlcAccess, parts: Leftover[]): Promise<void> {
    const all = [...(await listLeftovers()), ...parts]
    if (all.length === 0) return

    const left: Leftover[] = []
    for (const part of all) {
        const rest = await cleanUpOne(alc, part)
        if (rest.handlerId !== null || rest.webhookId !== null) left.push(rest)
    }
    await keepLeftovers(left)
}

async function cleanUpOne(alc: AlcAccess, {handlerId, webhookId}: Leftover): Promise<Leftover> {
    // ALC first: as long as it sends, there should be somebody to receive.
    const webhookLeft = webhookId !== null && !done(await deleteWebhook(alc, webhookId))
    const handlerLeft = handlerId !== null && !done(await deleteHandler(handlerId))
    // The secret goes in any case, so that nothing signed under a connection that has gone is believed.
    if (handlerId !== null) await forgetSubscription(handlerId)
    return {
        handlerId: handlerLeft ? handlerId : null,
        webhookId: webhookLeft ? webhookId : null,
    }
}

function done(deleted: Result<unknown>): boolean {
    if (!deleted.ok) console.error("Could not clean up; remembered for later.", deleted.problem.code)
    return deleted.ok
}

/** Handlers of another connection stay: a workspace that reconnects adds the new one before the old one is removed. */
async function partsOf(connection: Connection): Promise<Leftover[]> {
    const subscriptions = await listSubscriptions()
    const others = subscriptions.filter((each) => each.connectionId !== connection.id)
    const handlers = await listHandlers()
    if (!handlers.ok) {
        return subscriptions
            .filter((each) => !others.includes(each))
            .map(({handlerId, webhookId}) => ({handlerId, webhookId}))
    }
    return handlers.value
        .filter((handler) => !others.some((each) => each.handlerId === handler.id))
        .map((handler) => ({
            handlerId: handler.id,
            webhookId: webhookOf(handler.id) ?? handler.externalWebhookId,
        }))

    function webhookOf(handlerId: string): string | undefined {
        return subscriptions.find((each) => each.handlerId === handlerId)?.webhookId
    }
}
