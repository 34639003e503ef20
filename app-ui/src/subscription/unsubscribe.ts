/**
 * Ends what was subscribed under a connection. ALC stops texting for a connection nobody listens on, so the leads that
 * were still waiting are cancelled; their records say so, because no callback will.
 */

import type {Connection} from "attio/server"
import {ATTIO_API_TOKEN} from "attio/server"
import {getLead} from "../alc-api/leads"
import type {AlcAccess} from "../alc-api/request"
import {listWaitingPeople} from "../attio-api/people"
import type {AttioAccess} from "../attio-api/request"
import {listHandlers} from "../attio-api/webhook-handlers"
import type {Leftover} from "../memory/leftovers"
import {listSubscriptions} from "../memory/subscriptions"
import {writeIfNewer} from "../record/write"
import {cleanUp} from "./clean-up"

type Waiting = {recordId: string; leadId: string}

/** Attio ends an event after 30 seconds. */
const ANSWER_WITHIN_MS = 27_000

/** Attio takes 25 writes a second; a few at a time come close to that without standing in line. */
const AT_A_TIME = 4

export async function unsubscribe(connection: Connection): Promise<void> {
    const until = Date.now() + ANSWER_WITHIN_MS
    const alc = {token: connection.value, until}
    const attio = {token: ATTIO_API_TOKEN, until}

    await cleanUp(alc, await partsOf(connection))
    const waiting = await listWaitingPeople(attio)
    if (!waiting.ok) return
    const queue = [...waiting.value]
    await Promise.all(Array.from({length: AT_A_TIME}, () => showEnded(queue, alc, attio)))
}

async function showEnded(queue: Waiting[], alc: AlcAccess, attio: AttioAccess): Promise<void> {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const lead = await getLead(alc, next.leadId)
        // Not this connection's lead, or not ended after all: it is still waited for.
        if (!lead.ok || lead.value.recordStatus === "Pending") continue
        const {id: leadId, sequence, recordStatus: status, outcome, closedAt: checkedAt} = lead.value
        const written = await writeIfNewer(attio, {
            ...{recordId: next.recordId, leadId, sequence},
            ...{status, outcome, checkedAt},
        })
        if (!written.ok) console.error("A record still says Pending.", written.problem.code)
    }
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
