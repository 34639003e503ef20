/** People records in Attio. */

import {isObject, textOrNull} from "../json"
import {type Result, success} from "../result"
import {askAttio, type AttioAccess} from "./request"

export async function updatePerson(
    access: AttioAccess,
    recordId: string,
    values: Record<string, unknown>
): Promise<Result<null>> {
    const answer = await askAttio(access, "PATCH", personPath(recordId), {values})
    return answer.ok ? success(null) : answer
}

/** The country of the person's primary location as ISO 3166-1 alpha-2, or null when none is given. */
export async function countryOfPerson(access: AttioAccess, recordId: string): Promise<Result<string | null>> {
    const answer = await askAttio(access, "GET", personPath(recordId))
    if (!answer.ok) return answer
    const values = isObject(answer.value) ? answer.value["values"] : null
    const locations = isObject(values) ? values["primary_location"] : null
    const location: unknown = Array.isArray(locations) ? locations[0] : null
    return success(isObject(location) ? textOrNull(location["country_code"]) : null)
}

function personPath(recordId: string): string {
    return `/objects/people/records/${encodeURIComponent(recordId)}`
}
