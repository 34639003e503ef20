/**
 * Takes a subscription away again, at ALC and in Attio. One failure does not stop the rest, and what could not be
 * taken away is remembered and tried again with the next connection event.
 */

import type {AlcAccess} from "../alc-api/request"
import {deleteWebhook} from "../alc-api/webhooks"
import {deleteHandler} from "../attio-api/webhook-handlers"
import {keepLeftovers, type Leftover, listLeftovers} from "../memory/leftovers"
import {forgetSubscription} from "../memory/subscriptions"
import type {Result} from "../result"

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
