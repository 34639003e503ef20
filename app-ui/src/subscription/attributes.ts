/** Makes sure People has the attributes that an answer is written to. Running it twice, or twice at once, does no harm. */

import {
    createAttribute,
    createOption,
    listAttributes,
    listOptions,
    type PeopleAttribute,
    restoreAttribute,
} from "../attio-api/attributes"
import type {AttioAccess} from "../attio-api/request"
import {loadRules, type RecordAttribute} from "../core/rules"
import {failure, type Result, success} from "../result"

export async function ensureAttributes(attio: AttioAccess): Promise<Result<null>> {
    const present = await listAttributes(attio)
    if (!present.ok) return present

    for (const wanted of loadRules().recordAttributes()) {
        const found = present.value.find((each) => each.slug === wanted.slug)
        const ensured = await ensureAttribute(attio, wanted, found)
        if (!ensured.ok) return ensured
    }
    return success(null)
}

async function ensureAttribute(
    attio: AttioAccess,
    wanted: RecordAttribute,
    found: PeopleAttribute | undefined
): Promise<Result<null>> {
    if (found !== undefined && found.type !== wanted.type) {
        return failure(
            "attribute_type_differs",
            null,
            `"${wanted.slug}" is of type ${found.type}, ALC writes ${wanted.type}.`
        )
    }
    const written = await createOrRestore(attio, wanted, found)
    if (!written.ok && !isTaken(written)) return written
    return wanted.type === "select" ? ensureOptions(attio, wanted) : success(null)
}

async function createOrRestore(
    attio: AttioAccess,
    wanted: RecordAttribute,
    found: PeopleAttribute | undefined
): Promise<Result<unknown>> {
    if (found === undefined) return createAttribute(attio, wanted)
    if (found.isArchived) return restoreAttribute(attio, wanted.slug)
    return success(null)
}

async function ensureOptions(attio: AttioAccess, wanted: RecordAttribute): Promise<Result<null>> {
    const present = await listOptions(attio, wanted.slug)
    if (!present.ok) return present

    for (const title of wanted.options.filter((each) => !present.value.includes(each))) {
        const created = await createOption(attio, wanted.slug, title)
        if (!created.ok && !isTaken(created)) return created
    }
    return success(null)
}

/** Somebody else, or another run of ours, was faster. */
function isTaken(result: Result<unknown>): boolean {
    return !result.ok && result.problem.code === "attio_slug_taken"
}
