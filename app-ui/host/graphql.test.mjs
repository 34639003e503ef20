import assert from "node:assert/strict"
import {readFileSync} from "node:fs"
import {test} from "node:test"
import {queryRunner} from "./graphql.mjs"

const SCHEMA = readFileSync(new URL("../node_modules/attio/schema.graphql", import.meta.url), "utf8")

/** @type {Record<string, any>} */
const ANSWERS = {
    "/objects/people/records/ada": {
        id: {record_id: "ada"},
        web_url: "https://app.attio.com/acme/person/ada",
        values: {
            name: [
                {
                    attribute_type: "personal-name",
                    first_name: "Ada",
                    last_name: "Lovelace",
                    full_name: "Ada Lovelace",
                },
            ],
            email_addresses: [{attribute_type: "email-address", email_address: "ada@example.com"}],
            phone_numbers: [
                {
                    attribute_type: "phone-number",
                    original_phone_number: "020 7946 0000",
                    phone_number: "+442079460000",
                },
            ],
            primary_location: [
                {attribute_type: "location", line_1: "12 St James", country_code: "GB", latitude: "51.5"},
            ],
            job_title: [{attribute_type: "text", value: "Analyst"}],
            twitter_follower_count: [{attribute_type: "number", value: 12.5}],
            company: [
                {attribute_type: "record-reference", target_object: "companies", target_record_id: "acme"},
            ],
            associated_deals: [
                {attribute_type: "record-reference", target_object: "deals", target_record_id: "won"},
                {attribute_type: "record-reference", target_object: "deals", target_record_id: "deleted"},
            ],
            created_by: [
                {
                    attribute_type: "actor-reference",
                    referenced_actor_type: "workspace-member",
                    referenced_actor_id: "m1",
                },
            ],
            alc_interest: [{attribute_type: "select", option: {id: {option_id: "o1"}, title: "Hot"}}],
        },
    },
    "/objects/companies/records/acme": {
        id: {record_id: "acme"},
        web_url: "https://app.attio.com/acme/company/acme",
        values: {
            domains: [{attribute_type: "domain", domain: "acme.example"}],
            funding_raised_usd: [
                {attribute_type: "currency", currency_value: "1200.5", currency_code: "USD"},
            ],
        },
    },
    "/objects/deals/records/won": {
        id: {record_id: "won"},
        web_url: "https://app.attio.com/acme/deal/won",
        values: {stage: [{attribute_type: "status", status: {id: {status_id: "s1"}, title: "Won"}}]},
    },
    "/objects/people": {api_slug: "people", plural_noun: "People"},
    "/objects/people/attributes": [
        {api_slug: "name", title: "Name", type: "personal-name"},
        {api_slug: "alc_interest", title: "ALC interest", type: "select"},
    ],
    "/objects/people/attributes/alc_interest": {type: "select", is_multiselect: false},
    "/objects/people/attributes/phone_numbers": {type: "phone-number", is_multiselect: true},
    "/workspace_members/m1": {
        id: {workspace_member_id: "m1"},
        email_address: "mary@example.com",
        first_name: "Mary",
        last_name: "Somerville",
    },
    "/self": {workspace_id: "w1", workspace_name: "Acme", workspace_slug: "acme"},
}

function startQueries() {
    /** @type {string[]} */
    const asked = []
    const run = queryRunner(SCHEMA, async (path) => {
        asked.push(path)
        return ANSWERS[path] ?? null
    })
    /** @param {string} query @param {Record<string, unknown>} [variables] */
    const plain = async (query, variables) => JSON.parse(JSON.stringify(await run(query, variables)))
    return {asked, run: plain}
}

test("a person's values have the shapes of the schema, and the phone is as somebody typed it", async () => {
    const {run} = startQueries()
    const {person} = await run(
        `query p($id: String!) { person(id: $id) {
        id url job_title phone_numbers email_addresses description twitter_follower_count
        name { full_name } primary_location { line1 country latitude locality }
    } }`,
        {id: "ada"}
    )
    assert.deepEqual(person, {
        id: "ada",
        url: "https://app.attio.com/acme/person/ada",
        job_title: "Analyst",
        phone_numbers: ["020 7946 0000"],
        email_addresses: ["ada@example.com"],
        description: null,
        twitter_follower_count: 12.5,
        name: {full_name: "Ada Lovelace"},
        primary_location: {line1: "12 St James", country: "GB", latitude: "51.5", locality: null},
    })
})

test("references are followed, each once, and what is gone is left out", async () => {
    const {asked, run} = startQueries()
    const {a, b} = await run(`{
        a: person(id: "ada") {
            company { domains funding_raised_usd { currency_value currency_code } }
            associated_deals { stage { title } }
            created_by { ... on User { name email } }
        }
        b: person(id: "ada") { job_title }
    }`)
    assert.deepEqual(a, {
        company: {
            domains: ["acme.example"],
            funding_raised_usd: {currency_value: 1200.5, currency_code: "USD"},
        },
        associated_deals: [{stage: {title: "Won"}}],
        created_by: {name: "Mary Somerville", email: "mary@example.com"},
    })
    assert.deepEqual(b, {job_title: "Analyst"})
    assert.equal(asked.filter((path) => path.endsWith("/ada")).length, 1)
})

test("objects, their attributes and custom attributes can be asked for", async () => {
    const {run} = startQueries()
    const answer = await run(`{
        people { name slug attributes(types: [SELECT]) { slug type } record(id: "ada") { job_title } }
        object(slug: "people") { slug }
        record(object: "people", id: "ada") {
            interest: attribute(slug: "alc_interest") { ... on SelectValue { value { title id } } }
            phones: attribute(slug: "phone_numbers") { ... on MultiPhoneNumberValue { values } }
            none: attribute(slug: "nothing") { __typename }
        }
        currentWorkspace { slug }
    }`)
    assert.deepEqual(answer, {
        people: {
            name: "People",
            slug: "people",
            attributes: [{slug: "alc_interest", type: "SELECT"}],
            record: {job_title: "Analyst"},
        },
        object: {slug: "people"},
        record: {
            interest: {value: {title: "Hot", id: "o1"}},
            phones: {values: ["020 7946 0000"]},
            none: null,
        },
        currentWorkspace: {slug: "acme"},
    })
})

test("an unknown record is null, an unknown field is an error before anything is asked", async () => {
    const {asked, run} = startQueries()
    assert.deepEqual(await run('{ person(id: "nobody") { id } }'), {person: null})
    asked.length = 0
    await assert.rejects(run('{ person(id: "ada") { shoe_size } }'), /Cannot query field "shoe_size"/)
    await assert.rejects(run("query p($id: String!) { person(id: $id) { id } }", {}), /\$id/)
    await assert.rejects(run("{ person("), /Syntax Error/)
    assert.deepEqual(asked, [])
})

test("when Attio does not answer, the query fails", async () => {
    const run = queryRunner(SCHEMA, async () => {
        throw new Error("Attio answered 503")
    })
    await assert.rejects(run('{ person(id: "ada") { id } }'), /503/)
})
