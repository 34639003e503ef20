/** Our webhook at ALC: where it posts what became of a lead. */

import {isObject, textOrNull} from "../json"
import {failure, type Result, success} from "../result"
import {type AlcAccess, askAlc} from "./request"

/** What we ask to be told: a lead was processed, or ALC gave up on it. */
const EVENTS = ["lead.processed", "lead.failed"]

export type AlcWebhook = {webhookId: string; secret: string}

export async function createWebhook(
    access: AlcAccess,
    {name, url}: {name: string; url: string}
): Promise<Result<AlcWebhook>> {
    const answer = await askAlc(access, "POST", "/api/v1/webhooks", {name, url, events: EVENTS})
    if (!answer.ok) return answer
    const created = isObject(answer.value) ? answer.value : {}
    const webhookId = textOrNull(created["webhook_id"])
    const secret = textOrNull(created["secret"])
    if (webhookId === null || secret === null) return failure("alc_unexpected_answer")
    return success({webhookId, secret})
}

/** The ids of the webhooks that post to this address. */
export async function findWebhooks(access: AlcAccess, url: string): Promise<Result<string[]>> {
    const answer = await askAlc(access, "GET", "/api/v1/webhooks")
    if (!answer.ok) return answer
    const list = isObject(answer.value) ? answer.value["data"] : answer.value
    if (!Array.isArray(list)) return failure("alc_unexpected_answer")
    const ids: string[] = []
    for (const webhook of list) {
        if (!isObject(webhook) || webhook["url"] !== url) continue
        const id = textOrNull(webhook["webhook_id"])
        if (id !== null) ids.push(id)
    }
    return success(ids)
}

/** Already gone is as good as deleted now. */
export async function deleteWebhook(access: AlcAccess, webhookId: string): Promise<Result<null>> {
    const answer = await askAlc(access, "DELETE", `/api/v1/webhooks/${encodeURIComponent(webhookId)}`)
    if (answer.ok || answer.problem.status === 404) return success(null)
    return answer
}
