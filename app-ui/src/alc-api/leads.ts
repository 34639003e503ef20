/** Leads at ALC: check one, send one, read one. */

import type {LeadDraft, LeadVerdict} from "../core/phones"
import type {Outcome, RecordStatus} from "../core/rules"
import {isObject} from "../json"
import {failure, type Result, success} from "../result"
import {type AlcAccess, askAlc} from "./request"

export type Lead = {
    id: string
    recordId: string
    recordStatus: RecordStatus
    sequence: number
    outcome: Outcome | null
    closedAt: string | null
}

/** Answers 200 with the live lead when the record has one already, so asking twice texts nobody twice. */
export async function createLead(access: AlcAccess, draft: LeadDraft): Promise<Result<Lead>> {
    return leadIn(await askAlc(access, "POST", "/api/v1/leads", draft))
}

export async function getLead(access: AlcAccess, leadId: string): Promise<Result<Lead>> {
    return leadIn(await askAlc(access, "GET", `/api/v1/leads/${encodeURIComponent(leadId)}`))
}

/** The verdict only; ALC stores nothing. */
export async function checkLead(access: AlcAccess, draft: LeadDraft): Promise<Result<LeadVerdict>> {
    const answer = await askAlc(access, "POST", "/api/v1/leads/check", draft)
    if (!answer.ok) return answer
    return isVerdict(answer.value) ? success(answer.value) : failure("alc_unexpected_answer")
}

function leadIn(answer: Result<unknown>): Result<Lead> {
    if (!answer.ok) return answer
    return isLead(answer.value) ? success(answer.value) : failure("alc_unexpected_answer")
}

function isLead(value: unknown): value is Lead {
    return (
        isObject(value) &&
        typeof value["id"] === "string" &&
        typeof value["recordId"] === "string" &&
        isRecordStatus(value["recordStatus"]) &&
        typeof value["sequence"] === "number" &&
        (value["outcome"] === null || isOutcome(value["outcome"])) &&
        (value["closedAt"] === null || typeof value["closedAt"] === "string")
    )
}

function isRecordStatus(value: unknown): value is RecordStatus {
    return value === "Pending" || value === "Complete" || value === "Cancelled" || value === "Failed"
}

/** The interest is compared by Attio itself, against the options of `alc_interest`. */
function isOutcome(value: unknown): value is Outcome {
    return isObject(value) && typeof value["interest"] === "string" && typeof value["summary"] === "string"
}

function isVerdict(value: unknown): value is LeadVerdict {
    if (!isObject(value)) return false
    if (value["ok"] === true) return typeof value["phoneNumber"] === "string"
    return value["ok"] === false && typeof value["code"] === "string"
}
