/** The attributes of People, and the options of those that are selects. */

import type {RecordAttribute} from "../core/rules"
import {isObject} from "../json"
import {failure, type Result, success} from "../result"
import {askAttio, type AttioAccess} from "./request"

const PEOPLE = "/objects/people/attributes"

export type PeopleAttribute = {slug: string; type: string; isArchived: boolean}

/** Archived ones too: they keep their slug, so nothing new can be created under it. */
export async function listAttributes(access: AttioAccess): Promise<Result<PeopleAttribute[]>> {
    const answer = await askAttio(access, "GET", `${PEOPLE}?show_archived=true`)
    if (!answer.ok) return answer
    if (!Array.isArray(answer.value)) return failure("attio_unexpected_answer")
    const attributes: PeopleAttribute[] = []
    for (const found of answer.value) {
        if (!isObject(found)) continue
        const {api_slug: slug, type, is_archived: isArchived} = found
        if (typeof slug === "string" && typeof type === "string") {
            attributes.push({slug, type, isArchived: isArchived === true})
        }
    }
    return success(attributes)
}

export async function createAttribute(
    access: AttioAccess,
    attribute: RecordAttribute
): Promise<Result<unknown>> {
    return askAttio(access, "POST", PEOPLE, {
        data: {
            title: attribute.title,
            description: attribute.description,
            api_slug: attribute.slug,
            type: attribute.type,
            is_required: false,
            is_unique: false,
            is_multiselect: false,
            config: {},
        },
    })
}

export async function restoreAttribute(access: AttioAccess, slug: string): Promise<Result<unknown>> {
    return askAttio(access, "PATCH", `${PEOPLE}/${slug}`, {data: {is_archived: false}})
}

export async function listOptions(access: AttioAccess, slug: string): Promise<Result<string[]>> {
    const answer = await askAttio(access, "GET", `${PEOPLE}/${slug}/options`)
    if (!answer.ok) return answer
    if (!Array.isArray(answer.value)) return failure("attio_unexpected_answer")
    const titles: string[] = []
    for (const option of answer.value) {
        if (isObject(option) && typeof option["title"] === "string") titles.push(option["title"])
    }
    return success(titles)
}

export async function createOption(
    access: AttioAccess,
    slug: string,
    title: string
): Promise<Result<unknown>> {
    return askAttio(access, "POST", `${PEOPLE}/${slug}/options`, {data: {title}})
}
