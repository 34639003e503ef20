/**
 * ALC says what became of a lead; the record shows it. Answered with 2xx once nothing is left to do, with 503 when the
 * sender should come again, and with 4xx when coming again with the same would not help.
 */

import {ATTIO_API_TOKEN} from "attio/server"
import {type Callback, loadRules} from "../../core/rules"
import {listSubscriptions} from "../../memory/subscriptions"
import {writeIfNewer} from "../../record/write"

/** Senders wait some 15 to 30 seconds; a late answer counts as none. */
const ANSWER_WITHIN_MS = 12_000

export default async function leadProcessed(request: Request): Promise<Response> {
    const until = Date.now() + ANSWER_WITHIN_MS
    const verdict = loadRules().verifyCallback(
        await request.text(),
        {
            id: request.headers.get("webhook-id") ?? "",
            timestamp: request.headers.get("webhook-timestamp") ?? "",
            signature: request.headers.get("webhook-signature") ?? "",
        },
        (await listSubscriptions()).map((subscription) => subscription.secret),
        Date.now()
    )
    if (!verdict.ok) {
        const isUnbelieved = verdict.code.startsWith("signature_")
        return problem(isUnbelieved ? 401 : 400, verdict.code, verdict.message)
    }
    return apply(verdict.callback, until)
}

async function apply(callback: Callback, until: number): Promise<Response> {
    const {record_id: recordId, lead_id: leadId, sequence, status, outcome} = callback
    const checkedAt = status === "Pending" ? null : callback.timestamp
    const written = await writeIfNewer(
        {token: ATTIO_API_TOKEN, until},
        {recordId, leadId, sequence, status, outcome, checkedAt}
    )
    if (written.ok) return json(200, {result: written.value})

    // Nobody will ever read the answer there, so the sender need not come again.
    if (written.problem.code === "attio_not_found") return json(200, {result: "record_gone"})
    console.error("The record could not be written.", written.problem.code)
    return problem(503, written.problem.code, "Attio did not take the update. Send it again later.")
}

function json(status: number, body: unknown, type = "application/json"): Response {
    return new Response(JSON.stringify(body), {status, headers: {"Content-Type": type}})
}

function problem(status: number, code: string, detail: string): Response {
    return json(status, {status, code, detail}, "application/problem+json")
}
