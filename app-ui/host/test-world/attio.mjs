/** As much of Attio's REST API as an app and its host touch: People records, their attributes and options. */

import {Remote} from "./remote.mjs"

export const ADA = "11111111-1111-4111-8111-111111111111"
export const NOBODY = "99999999-9999-4999-8999-999999999999"

/** @typedef {Remote & {values: (recordId: string) => Record<string, any[]>, attributes: Map<string, any>}} LocalAttio */

/**
 * @param {Record<string, Record<string, any[]>>} people values by record id
 * @returns {Promise<LocalAttio>}
 */
export async function startAttio(people) {
    /** @type {Map<string, any>} */
    const attributes = new Map([["job_title", {api_slug: "job_title", type: "text", options: []}]])
    /** @type {[method: string, path: RegExp, answer: (match: string[], body: any) => import("./remote.mjs").Reply | undefined][]} */
    const routes = [
        ["GET", /^\/v2\/objects\/people\/records\/([^/]+)$/, ([, id]) => person(id)],
        ["POST", /^\/v2\/objects\/people\/records\/query$/, (_, body) => query(body)],
        ["PATCH", /^\/v2\/objects\/people\/records\/([^/]+)$/, ([, id], body) => update(id, body)],
        ["GET", /^\/v2\/objects\/people\/attributes$/, () => ({json: {data: [...attributes.values()]}})],
        ["POST", /^\/v2\/objects\/people\/attributes$/, (_, {data}) => create(data)],
        ["GET", /^\/v2\/objects\/people\/attributes\/([^/]+)\/options$/, ([, slug]) => options(slug)],
        [
            "POST",
            /^\/v2\/objects\/people\/attributes\/([^/]+)\/options$/,
            ([, slug], body) => addOption(slug, body),
        ],
    ]
    const remote = await new Remote(({method, path, body}) => {
        for (const [wanted, pattern, answer] of routes) {
            const match = pattern.exec(path)
            if (match !== null && wanted === method) return answer(match, body)
        }
        return undefined
    }).listen()
    return Object.assign(remote, {attributes, values: (/** @type {string} */ id) => people[id]})

    /** @param {string} id */
    function person(id) {
        return people[id] === undefined ? undefined : {json: {data: record(id)}}
    }

    /** @param {string} id */
    function record(id) {
        return {id: {record_id: id}, web_url: `https://app.attio.com/acme/person/${id}`, values: people[id]}
    }

    /**
     * By texts that must be equal, which is all the app asks for.
     * @param {any} body
     */
    function query({filter}) {
        const wanted = Object.entries(filter)
        const matches = (/** @type {string} */ id) =>
            wanted.every(([slug, text]) => people[id][slug]?.[0]?.value === text)
        return {json: {data: Object.keys(people).filter(matches).map(record)}}
    }

    /**
     * @param {string} id
     * @param {any} body
     */
    function update(id, {data}) {
        if (people[id] === undefined) return undefined
        Object.assign(people[id], data.values)
        return person(id)
    }

    /** @param {any} data */
    function create(data) {
        if (attributes.has(data.api_slug))
            return {status: 409, json: {status_code: 409, code: "slug_conflict"}}
        attributes.set(data.api_slug, {...data, options: []})
        return {json: {data}}
    }

    /** @param {string} slug */
    function options(slug) {
        const titles = attributes.get(slug)?.options ?? []
        return {json: {data: titles.map((/** @type {string} */ title) => ({title}))}}
    }

    /**
     * @param {string} slug
     * @param {any} body
     */
    function addOption(slug, {data}) {
        attributes.get(slug).options.push(data.title)
        return {json: {data}}
    }
}

/**
 * @param {string} name
 * @param {string[]} phones as somebody typed them
 * @param {string} country ISO 3166-1 alpha-2
 */
export function personValues(name, phones, country) {
    const [first, last] = name.split(" ")
    return {
        name: [{attribute_type: "personal-name", first_name: first, last_name: last, full_name: name}],
        phone_numbers: phones.map((phone) => ({
            attribute_type: "phone-number",
            original_phone_number: phone,
        })),
        primary_location: [{attribute_type: "location", country_code: country, locality: null}],
    }
}
