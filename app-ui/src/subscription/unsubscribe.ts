/**
 * Ends what was subscribed under a connection. ALC stops texting for a connection nobody listens on, so the leads that
 * were still waiting are cancelled; their records say so, because no callback will.
 */

import type {Connection} from "attio/server"
import {ATTIO_API_TOKEN} from "attio/server"
import {type Lead, listLeads} from "../alc-api/leads"
import type {AlcAccess} from "../alc-api/request"
import type {AttioAccess} from "../attio-api/request"
import {listHandlers} from "../attio-api/webhook-handlers"
import type {Leftover} from "../memory/leftovers"
import {listSubscriptions} from "../memory/subscriptions"
import {writeIfNewer} from "../record/write"
import {cleanUp} from "./clean-up"

/** Attio ends an event after 30 seconds. */
const ANSWER_WITHIN_MS = 27_000

export async function unsubscribe(connection: Connection): Promise<void> {
    const until = Date.now() + ANSWER_WITHIN_MS
    const alc = {token: connection.value, until}

    const waiting = await waitingLeads(alc)
    await cleanUp(alc, await partsOf(connection))
    if (waiting.size > 0) await showEnded(waiting, alc, {token: ATTIO_API_TOKEN, until})
}

async function waitingLeads(alc: AlcAccess): Promise<Set<string>> {
    const leads = await listLeads(alc)
    const ids = leads.ok ? leads.value.filter(isWaiting).map((lead) => lead.id) : []
    return new Set(ids)
}

function isWaiting(lead: Lead): boolean {
    return lead.recordStatus === "Pending"
}

async function showEnded(waiting: Set<string>, alc: AlcAccess, attio: AttioAccess): Promise<void> {
    const leads = await listLeads(alc)
    if (!leads.ok) return
    for (const lead of leads.value.filter((each) => waiting.has(each.id) && !isWaiting(each))) {
        const {recordId, sequence, recordStatus: status, outcome, closedAt: checkedAt} = lead
        const written = await writeIfNewer(attio, {
            recordId,
            leadId: lead.id,
            sequence,
            status,
            outcome,
            checkedAt,
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
