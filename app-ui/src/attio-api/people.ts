/** People records in Attio. */

import {isObject, type JsonObject, textOrNull} from "../json"
import {failure, type Result, success} from "../result"
import {askAttio, type AttioAccess} from "./request"

export async function updatePerson(
    access: AttioAccess,
    recordId: string,
    values: Record<string, unknown>
): Promise<Result<null>> {
    const answer = await askAttio(access, "PATCH", personPath(recordId), {data: {values}})
    return answer.ok ? success(null) : answer
}

/** The people whose record waits for ALC's answer, and the lead each waits for. */
export async function listWaitingPeople(
    access: AttioAccess
): Promise<Result<{recordId: string; leadId: string}[]>> {
    const filter = {alc_status: "Pending"}
    const answer = await askAttio(access, "POST", "/objects/people/records/query", {filter, limit: 500})
    if (!answer.ok) return answer
    if (!Array.isArray(answer.value)) return failure("attio_unexpected_answer")
    const waiting: {recordId: string; leadId: string}[] = []
    for (const person of answer.value) {
        if (!isObject(person) || !isObject(person["id"])) continue
        const recordId = textOrNull(person["id"]["record_id"])
        const leadId = textOrNull(firstValue(person, "alc_lead_id")?.["value"])
        if (recordId !== null && leadId !== null) waiting.push({recordId, leadId})
    }
    return success(waiting)
}

/** The country of the person's primary location as ISO 3166-1 alpha-2, or null when none is given. */
export async function countryOfPerson(access: AttioAccess, recordId: string): Promise<Result<string | null>> {
    const answer = await askAttio(access, "GET", personPath(recordId))
    if (!answer.ok) return answer
    return success(textOrNull(firstValue(answer.value, "primary_location")?.["country_code"]))
}

/** Attio gives every attribute as a list, single-valued ones too. */
function firstValue(record: unknown, slug: string): JsonObject | null {
    const values = isObject(record) ? record["values"] : null
    const list = isObject(values) ? values[slug] : null
    const first: unknown = Array.isArray(list) ? list[0] : null
    return isObject(first) ? first : null
}

function personPath(recordId: string): string {
    return `/objects/people/records/${encodeURIComponent(recordId)}`
}
