/**
 * Sends one person to ALC and brings the record up to date. Says what happened instead of throwing, so that the person
 * reads a sentence and not a stack trace.
 */

import {ATTIO_API_TOKEN, getWorkspaceConnection} from "attio/server"
import {checkLead, createLead, getLead, type Lead} from "../../../alc-api/leads"
import type {AlcAccess} from "../../../alc-api/request"
import {countryOfPerson} from "../../../attio-api/people"
import type {AttioAccess} from "../../../attio-api/request"
import {type LeadDraft, loadPhones} from "../../../core/phones"
import {writePending, writeUnlessOlder} from "../../../record/write"
import {failure, type Problem, type Result, success} from "../../../result"

export type PersonToSend = {
    recordId: string
    name: string
    phoneNumber: string
    /** As Attio's GraphQL gives it: mostly ISO 3166-1 alpha-2, but its schema promises text only. */
    country: string | null
}

export type Sent =
    | {ok: true; leadId: string}
    /** `leadId` when ALC has the lead all the same and only the record could not be written. */
    | {ok: false; problem: Problem; leadId: string | null}

/** Attio ends a server function after 30 seconds; ours answers before that. */
const ANSWER_WITHIN_MS = 27_000

export default async function sendLead(person: PersonToSend): Promise<Sent> {
    // Outside of any try: Attio catches what this throws when nothing is connected, and asks the person to connect.
    const connection = getWorkspaceConnection()
    const until = Date.now() + ANSWER_WITHIN_MS
    const alc = {token: connection.value, until}
    const attio = {token: ATTIO_API_TOKEN, until}

    const draft = await check(await draftOf(person, attio), alc)
    if (!draft.ok) return {...draft, leadId: null}
    const lead = await createLead(alc, draft.value)
    if (!lead.ok) return {...lead, leadId: null}

    const leadId = lead.value.id
    const shown = await bringUpToDate(person.recordId, lead.value, alc, attio)
    return shown.ok ? {ok: true, leadId} : {...shown, leadId}
}

async function draftOf(person: PersonToSend, attio: AttioAccess): Promise<LeadDraft> {
    const {recordId, name, phoneNumber} = person
    const region = await regionOf(person, attio)
    return region === null ? {recordId, name, phoneNumber} : {recordId, name, phoneNumber, region}
}

async function regionOf({recordId, country}: PersonToSend, attio: AttioAccess): Promise<string | null> {
    if (country === null || country === "") return null
    if (/^[A-Za-z]{2}$/.test(country)) return country.toUpperCase()
    // A country's name: the REST API has its code. Without it ALC still knows the workspace's own region.
    const code = await countryOfPerson(attio, recordId)
    return code.ok ? code.value : null
}

/** The draft with its number in E.164, or why ALC would not take it. */
async function check(draft: LeadDraft, alc: AlcAccess): Promise<Result<LeadDraft>> {
    const phones = loadPhones()
    const verdict = phones === null ? await checkLead(alc, draft) : success(phones.checkLead(draft, null))
    if (!verdict.ok) return verdict
    if (verdict.value.ok) return success({...draft, phoneNumber: verdict.value.phoneNumber})

    const {code, message} = verdict.value
    // ALC may know better: it reads national numbers by the default region of its workspace.
    if (code === "phone_number_invalid" && draft.region === undefined) return success(draft)
    return failure(code, null, message)
}

async function bringUpToDate(
    recordId: string,
    lead: Lead,
    alc: AlcAccess,
    attio: AttioAccess
): Promise<Result<unknown>> {
    try {
        const pending = await writePending(attio, {recordId, leadId: lead.id, sequence: lead.sequence})
        // ALC may have closed the lead and called back before our "Pending" landed on top of its answer.
        const now = await getLead(alc, lead.id)
        if (!now.ok) return pending.ok ? now : pending
        const {recordStatus: status, outcome, closedAt: checkedAt, sequence} = now.value
        if (status === "Pending") return pending
        return await writeUnlessOlder(attio, {
            recordId,
            leadId: lead.id,
            sequence,
            status,
            outcome,
            checkedAt,
        })
    } catch (error) {
        console.error("The record could not be brought up to date.", error instanceof Error ? error.name : "")
        return failure("attio_memory_failed")
    }
}
