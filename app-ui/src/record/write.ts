/**
 * Writes what is known of a lead to its person record, and remembers what was written. The one place that decides
 * whether an update may be written, for the button and for callbacks alike.
 */

import {updatePerson} from "../attio-api/people"
import type {AttioAccess} from "../attio-api/request"
import {loadRules, type RecordUpdate, type Seen} from "../core/rules"
import {rememberApplied, rememberNewest, seenOfLead, seenOfRecord} from "../memory/seen"
import {type Result, success} from "../result"
import {ensureAttributes} from "../subscription/attributes"

export type LeadUpdate = RecordUpdate & {recordId: string; sequence: number}

/** Writes "Pending", unless the answer has already come: then there is nothing left to wait for. */
export async function writePending(
    attio: AttioAccess,
    {recordId, leadId, sequence}: {recordId: string; leadId: string; sequence: number}
): Promise<Result<"written" | "answered">> {
    // First, so that from here on a late callback of an older lead of this person is known to be stale.
    await rememberNewest(loadRules(), recordId, {leadId, sequence})
    if ((await seenOfLead(leadId)) !== null) return success("answered")

    const written = await writeValues(attio, recordId, {
        leadId,
        status: "Pending",
        outcome: null,
        checkedAt: null,
    })
    return written.ok ? success("written") : written
}

/** For callbacks: writes what is newer than everything seen. */
export async function writeIfNewer(
    attio: AttioAccess,
    update: LeadUpdate
): Promise<Result<"written" | "stale">> {
    const incoming = {leadId: update.leadId, sequence: update.sequence}
    const isNewer = (seen: Seen | null) => loadRules().shouldApply(seen, incoming)
    if (!isNewer(await seenOfRecord(update.recordId))) return success("stale")
    if (!isNewer(await seenOfLead(update.leadId))) return success("stale")
    return write(attio, update)
}

/**
 * For the button, once it has written "Pending": writes what is not older than everything seen. The same sequence is
 * written again, because our "Pending" may have landed on top of the callback's answer.
 */
export async function writeUnlessOlder(
    attio: AttioAccess,
    update: LeadUpdate
): Promise<Result<"written" | "stale">> {
    const incoming = {leadId: update.leadId, sequence: update.sequence}
    const isOlder = (seen: Seen | null) => seen !== null && loadRules().shouldApply(incoming, seen)
    if (isOlder(await seenOfRecord(update.recordId))) return success("stale")
    if (isOlder(await seenOfLead(update.leadId))) return success("stale")
    return write(attio, update)
}

async function write(attio: AttioAccess, update: LeadUpdate): Promise<Result<"written">> {
    const written = await writeValues(attio, update.recordId, update)
    if (!written.ok) return written
    // After the write: a crash in between makes the sender come again, which writes the same once more.
    await rememberApplied(loadRules(), update.recordId, {
        leadId: update.leadId,
        sequence: update.sequence,
    })
    return success("written")
}

async function writeValues(
    attio: AttioAccess,
    recordId: string,
    update: RecordUpdate
): Promise<Result<null>> {
    const {leadId, status, outcome, checkedAt} = update
    const values = loadRules().recordValues({leadId, status, outcome, checkedAt})
    const written = await updatePerson(attio, recordId, values)
    if (written.ok || written.problem.code !== "attio_refused") return written

    // Somebody may have archived or emptied one of our attributes since the connection was added: put it back, once.
    const ensured = await ensureAttributes(attio)
    return ensured.ok ? updatePerson(attio, recordId, values) : ensured
}
