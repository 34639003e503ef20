/** People of the local Attio as the page shows them, and the few attributes a person may correct there. */

/**
 * @typedef {{kind: "text" | "email" | "link", text: string}
 *   | {kind: "phone", typed: string, number: string, country: string | null}
 *   | {kind: "option", title: string}
 *   | {kind: "time", at: string}
 *   | {kind: "place", country: string | null, text: string}
 *   | {kind: "record", id: string, name: string, detail: string | null}} ShownValue
 */

/**
 * @typedef {object} ShownAttribute
 * @property {string} slug
 * @property {string} title
 * @property {string} description
 * @property {string} type
 * @property {boolean} isCustom added by an app or a person, not by Attio
 * @property {boolean} isEditable on the page
 * @property {boolean} isMultiple
 * @property {ShownValue[]} values
 */

/**
 * @typedef {object} PersonInList
 * @property {string} id
 * @property {string} name
 * @property {string | null} email
 * @property {string | null} jobTitle
 * @property {string | null} company
 * @property {string | null} country
 * @property {string | null} phone as typed
 * @property {Record<string, string>} custom the first value of each custom attribute, as text
 */

/** @typedef {{id: string, name: string, webUrl: string, attributes: ShownAttribute[]}} PersonRecord */

/** Asks Attio under /v2: `null` for what is not there, throws {@link AttioRefusal} for anything else that fails. */
/** @typedef {(method: string, path: string, body?: unknown) => Promise<any>} Attio */

export class AttioRefusal extends Error {
    /**
     * @param {number} status
     * @param {string} message
     * @param {{path: (string | number)[], message: string}[]} [issues] what is wrong where in the body
     */
    constructor(status, message, issues = []) {
        super(message)
        this.status = status
        this.issues = issues
    }
}

/** Of Attio's own attributes, those people look at, in this order. */
const STANDARD = [
    ...["name", "email_addresses", "phone_numbers", "job_title", "company", "primary_location"],
    ...["description", "linkedin", "twitter"],
]
const EDITABLE = ["name", "email_addresses", "phone_numbers", "job_title", "primary_location", "description"]
const PAGE_SIZE = 500

/**
 * @param {Attio} attio
 * @returns {Promise<PersonInList[]>}
 */
export async function listPeople(attio) {
    const [attributes, people, companies] = await Promise.all([
        attio("GET", "/objects/people/attributes"),
        all(attio, "people"),
        all(attio, "companies"),
    ])
    const custom = attributes.filter(isCustom).map((/** @type {any} */ {api_slug}) => api_slug)
    const names = new Map(companies.map(({id, values}) => [id.record_id, values.name?.[0]?.value ?? null]))
    const listed = people.map(({id, values}) => ({
        id: id.record_id,
        name: nameOf(values),
        email: values.email_addresses?.[0]?.email_address ?? null,
        jobTitle: values.job_title?.[0]?.value ?? null,
        company: names.get(values.company?.[0]?.target_record_id) ?? null,
        country: values.primary_location?.[0]?.country_code ?? null,
        phone: values.phone_numbers?.[0]?.original_phone_number.trim() || null,
        custom: Object.fromEntries(
            custom.flatMap((/** @type {string} */ slug) => {
                const text = plain(values[slug]?.[0])
                return text === null ? [] : [[slug, text]]
            })
        ),
    }))
    return listed.sort(
        (one, other) => startsOddly(one) - startsOddly(other) || one.name.localeCompare(other.name)
    )
}

/**
 * Names that start with a letter come first: what does not is seldom what one looks for.
 * @param {PersonInList} person
 */
function startsOddly({name}) {
    return Number(!/^\p{L}/u.test(name))
}

/**
 * @param {Attio} attio
 * @param {string} id
 * @returns {Promise<PersonRecord | null>} null when there is no such person
 */
export async function readPerson(attio, id) {
    const [found, attributes] = await Promise.all([
        attio("GET", `/objects/people/records/${encodeURIComponent(id)}`),
        attio("GET", "/objects/people/attributes"),
    ])
    if (found === null) return null
    const {values, web_url: webUrl} = found
    const ordered = [
        ...STANDARD.flatMap((slug) => attributes.filter((/** @type {any} */ each) => each.api_slug === slug)),
        ...attributes.filter(isCustom),
    ]
    const shown = ordered.map(async (attribute) => ({
        slug: attribute.api_slug,
        title: attribute.title,
        description: attribute.description ?? "",
        type: attribute.type,
        isCustom: isCustom(attribute),
        isEditable: EDITABLE.includes(attribute.api_slug),
        isMultiple: attribute.is_multiselect,
        values: await Promise.all(
            (values[attribute.api_slug] ?? []).map((/** @type {any} */ value) => show(attio, value))
        ),
    }))
    return {id, name: nameOf(values), webUrl, attributes: await Promise.all(shown)}
}

/**
 * Puts what a person typed in the place of what an attribute held.
 * @param {Attio} attio
 * @param {string} id
 * @param {string} slug
 * @param {string[]} typed
 */
export async function writeAttribute(attio, id, slug, typed) {
    if (!EDITABLE.includes(slug)) throw new AttioRefusal(400, `"${slug}" cannot be edited here`)
    const path = `/objects/people/records/${encodeURIComponent(id)}`
    const found = await attio("GET", path)
    if (found === null) throw new AttioRefusal(404, "This person does not exist any more")
    const country = found.values.primary_location?.[0]?.country_code ?? null
    const texts = typed.map((text) => text.trim()).filter((text) => text !== "")
    const values = texts.map((text) => written(slug, text, country))
    try {
        await attio("PUT", path, {data: {values: {[slug]: values}}})
    } catch (error) {
        throw error instanceof AttioRefusal ? inWords(error, slug, texts) : error
    }
}

/**
 * Attio names the place in the body; a person wants to read which text it was, and what to do.
 * @param {AttioRefusal} refused
 * @param {string} slug
 * @param {string[]} texts
 */
function inWords(refused, slug, texts) {
    const [issue] = refused.issues
    if (issue === undefined) return refused
    const text = `“${texts[Number(issue.path.at(-1))] ?? texts.join(", ")}”`
    switch (slug) {
        case "phone_numbers":
            return new AttioRefusal(
                refused.status,
                `${text} is not a phone number Attio can read. Check the digits, or start with + and the country’s code.`
            )
        case "email_addresses":
            return new AttioRefusal(refused.status, `${text} is not an email address.`)
        default:
            return new AttioRefusal(refused.status, `Attio does not take ${text}: ${issue.message}`)
    }
}

/**
 * @param {string} slug
 * @param {string} text
 * @param {string | null} country national numbers are read in it
 */
function written(slug, text, country) {
    switch (slug) {
        case "phone_numbers":
            return {original_phone_number: text, country_code: country}
        case "email_addresses":
            return {email_address: text}
        case "name": {
            const [first, ...rest] = text.split(/\s+/)
            return {first_name: first, last_name: rest.join(" "), full_name: text}
        }
        case "primary_location":
            return {
                country_code: text,
                ...{line_1: null, line_2: null, line_3: null, line_4: null},
                ...{locality: null, region: null, postcode: null, latitude: null, longitude: null},
            }
        default:
            return {value: text}
    }
}

/**
 * @param {Attio} attio
 * @param {string} object
 * @returns {Promise<any[]>}
 */
async function all(attio, object) {
    /** @type {any[]} */
    const found = []
    for (;;) {
        const page = {limit: PAGE_SIZE, offset: found.length}
        const records = await attio("POST", `/objects/${object}/records/query`, page)
        found.push(...records)
        if (records.length < PAGE_SIZE) return found
    }
}

/**
 * @param {Attio} attio
 * @param {any} value
 * @returns {Promise<ShownValue>}
 */
async function show(attio, value) {
    switch (value.attribute_type) {
        case "email-address":
            return {kind: "email", text: value.email_address}
        case "phone-number":
            return {
                kind: "phone",
                typed: value.original_phone_number,
                number: value.phone_number ?? "",
                country: value.country_code,
            }
        case "select":
            return {kind: "option", title: value.option.title}
        case "status":
            return {kind: "option", title: value.status.title}
        case "timestamp":
            return {kind: "time", at: value.value}
        case "location":
            return {
                kind: "place",
                country: value.country_code,
                text: [value.line_1, value.locality, value.region].filter(Boolean).join(", "),
            }
        case "record-reference":
            return reference(attio, value)
        default:
            return {kind: "text", text: plain(value) ?? ""}
    }
}

/**
 * @param {Attio} attio
 * @param {any} value
 * @returns {Promise<ShownValue>}
 */
async function reference(attio, {target_object: object, target_record_id: id}) {
    const found = await attio("GET", `/objects/${object}/records/${id}`)
    if (found === null) return {kind: "record", id, name: "Deleted record", detail: null}
    const {name, domains} = found.values
    return {kind: "record", id, name: plain(name?.[0]) ?? "Unnamed", detail: domains?.[0]?.domain ?? null}
}

/**
 * @param {any} value
 * @returns {string | null}
 */
function plain(value) {
    if (value === undefined) return null
    const found =
        value.full_name ?? value.option?.title ?? value.status?.title ?? value.value ?? value.domain ?? null
    return found === null ? null : String(found)
}

/** @param {any} values */
function nameOf(values) {
    return plain(values.name?.[0])?.trim() || "Unnamed person"
}

/** @param {any} attribute */
function isCustom({is_system_attribute: isSystem, is_archived: isArchived}) {
    return !isSystem && isArchived !== true
}
