/** As much of ALC's partner API as the app touches: OAuth tokens, leads, webhooks, signed callbacks. */

import {createHmac, randomUUID} from "node:crypto"
import {Remote} from "./remote.mjs"

/** @typedef {Remote & {leads: Map<string, any>, webhooks: Map<string, any>, tokens: string[], closeLead: (id: string, status: string, interest?: string) => any, callback: (webhook: any, lead: any, changes?: object) => Promise<Response>}} LocalAlc */

/** @returns {Promise<LocalAlc>} */
export async function startAlc() {
    /** @type {Map<string, any>} */
    const leads = new Map()
    /** @type {Map<string, any>} */
    const webhooks = new Map()
    const tokens = ["pasted-token"]

    const remote = await new Remote(({method, path, headers, body}) => {
        if (path === "/oauth/token") return {json: newTokens()}
        if (!tokens.includes(headers.authorization?.replace("Bearer ", "") ?? "")) {
            return {status: 401, json: {code: "token_unknown", status: 401}}
        }
        const [, collection, id] = /^\/api\/v1\/(leads|webhooks)(?:\/([^/]+))?$/.exec(path) ?? []
        switch (`${method} ${collection}${id === undefined ? "" : "/id"}`) {
            case "POST leads":
                return {status: 201, json: accept(body)}
            case "POST leads/id":
                return {json: {ok: true, phoneNumber: body.phoneNumber.replaceAll(" ", ""), region: null}}
            case "GET leads/id":
                return leads.has(id) ? {json: leads.get(id)} : undefined
            case "GET webhooks":
                return {json: {data: [...webhooks.values()]}}
            case "POST webhooks":
                return {status: 201, json: subscribe(body)}
            case "DELETE webhooks/id":
                return unsubscribe(id)
            default:
                return undefined
        }
    }).listen()
    return Object.assign(remote, {leads, webhooks, tokens, closeLead, callback})

    function newTokens() {
        const token = `access-${randomUUID()}`
        tokens.push(token)
        return {
            access_token: token,
            token_type: "Bearer",
            expires_in: 3600,
            refresh_token: `refresh-${randomUUID()}`,
        }
    }

    /** @param {any} body */
    function accept({recordId, name, phoneNumber}) {
        const lead = {
            id: leadId(leads.size + 1),
            ...{recordId, name, phoneNumber, status: "pending", recordStatus: "Pending"},
            ...{sequence: 1, outcome: null, reason: null, createdAt: "2026-11-21T10:00:00Z", closedAt: null},
        }
        leads.set(lead.id, lead)
        return lead
    }

    /** @param {any} body */
    function subscribe({name, url, event, events = [event]}) {
        const webhook = {
            webhook_id: `wh_${webhooks.size + 1}`,
            ...{name, url, events, secret: `whsec_${Buffer.from(randomUUID()).toString("base64")}`},
        }
        webhooks.set(webhook.webhook_id, webhook)
        return webhook
    }

    /**
     * With the last webhook, what was still waiting ends.
     * @param {string} id
     */
    function unsubscribe(id) {
        if (!webhooks.delete(id)) return undefined
        const isWaiting =
            webhooks.size === 0 ? (/** @type {any} */ lead) => lead.recordStatus === "Pending" : () => false
        for (const lead of [...leads.values()].filter(isWaiting)) closeLead(lead.id, "Cancelled")
        return {status: 204}
    }

    /**
     * @param {string} id
     * @param {string} recordStatus
     * @param {string} [interest]
     */
    function closeLead(id, recordStatus, interest) {
        const lead = leads.get(id)
        const outcome =
            interest === undefined ? null : {interest, confidence: 0.9, summary: `Said: ${interest}.`}
        Object.assign(lead, {
            recordStatus,
            outcome,
            sequence: lead.sequence + 3,
            closedAt: "2026-11-21T10:05:00Z",
        })
        return lead
    }

    /**
     * @param {any} webhook
     * @param {any} lead
     * @param {object} [changes] to the body
     */
    function callback(webhook, lead, changes = {}) {
        const body = JSON.stringify({
            type: lead.recordStatus === "Complete" ? "lead.processed" : "lead.failed",
            ...{timestamp: "2026-11-21T10:05:00Z", record_id: lead.recordId, status: lead.recordStatus},
            ...{lead_id: lead.id, sequence: lead.sequence, outcome: lead.outcome, reason: lead.reason},
            ...changes,
        })
        const [id, timestamp] = [randomUUID(), String(Math.floor(Date.now() / 1000))]
        const key = Buffer.from(webhook.secret.replace("whsec_", ""), "base64")
        const mac = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")
        return fetch(webhook.url, {
            method: "POST",
            headers: {
                "content-type": "application/json",
                ...{"webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${mac}`},
            },
            body,
        })
    }
}

/**
 * Ids as ALC makes them: they sort by the time of their making.
 * @param {number} count
 */
export function leadId(count) {
    return `lead_0192f0c1a2b37c4d8e5f${String(count).padStart(12, "0")}`
}
