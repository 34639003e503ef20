/**
 * `runQuery`: the SDK's GraphQL schema, answered from Attio's REST API. Queries are validated against the very schema
 * the app was built with, so a field that does not exist fails here as it would in Attio.
 */

import {
    buildSchema,
    execute,
    getNamedType,
    GraphQLError,
    isListType,
    isNonNullType,
    parse,
    validate,
} from "graphql"

/** Asks Attio's REST API for a path under /v2; null for what is not there. */
/** @typedef {(path: string) => Promise<any>} AskAttio */

/** @typedef {{ask: AskAttio, seen: Map<string, Promise<any>>}} Query one query's memory: nothing is fetched twice */
/** @typedef {{kind: "record", object: string, id: string, url: string, values: Record<string, any[]>}} RecordSource */
/** @typedef {{kind: "object", name: string, slug: string}} ObjectSource */

/** @type {Record<string, string>} */
const RECORD_TYPES = {
    people: "Person",
    companies: "Company",
    deals: "Deal",
    workspaces: "WorkspaceRecord",
    users: "UserRecord",
}

/** @type {Record<string, string>} query field → object */
const RECORD_FIELDS = {
    person: "people",
    company: "companies",
    deal: "deals",
    workspace: "workspaces",
    userRecord: "users",
}

/** @type {Record<string, string>} */
const ACTOR_TYPES = {
    "workspace-member": "User",
    system: "SystemActor",
    "api-token": "APITokenActor",
    app: "App",
    workflow: "Workflow",
}

/**
 * @param {string} schemaText `node_modules/attio/schema.graphql` of the app
 * @param {AskAttio} ask
 * @returns {(query: string, variables?: Record<string, unknown>) => Promise<unknown>}
 */
export function queryRunner(schemaText, ask) {
    const schema = buildSchema(schemaText)
    return async (query, variables) => {
        const document = parse(query)
        refuse(validate(schema, document))
        const {data, errors} = await execute({
            schema,
            document,
            variableValues: variables,
            contextValue: /** @type {Query} */ ({ask, seen: new Map()}),
            fieldResolver: resolveField,
            typeResolver: (source) => source.typename,
        })
        refuse(errors ?? [])
        return data
    }
}

/** @param {readonly GraphQLError[]} errors */
function refuse(errors) {
    if (errors.length > 0) throw new Error(errors.map(({message}) => message).join("; "))
}

/** @type {import("graphql").GraphQLFieldResolver<any, Query>} */
function resolveField(source, args, query, {parentType, fieldName, returnType}) {
    if (parentType.name === "Query") return resolveRoot(fieldName, args, query)
    if (source.kind === "record") return resolveOfRecord(source, fieldName, args, query, returnType)
    if (source.kind === "object") return resolveOfObject(source, fieldName, args, query)
    return source[fieldName]
}

/**
 * @param {string} field
 * @param {any} args
 * @param {Query} query
 */
async function resolveRoot(field, args, query) {
    if (Object.hasOwn(RECORD_FIELDS, field)) return record(query, RECORD_FIELDS[field], args.id)
    if (Object.hasOwn(RECORD_TYPES, field)) return object(query, field)
    switch (field) {
        case "record":
            return record(query, args.object, args.id)
        case "records":
            return records(query, args.object, args.ids)
        case "object":
            return object(query, args.slug)
        case "objects":
            return (await fetched(query, "/objects")).map(asObject)
        case "currentUser":
            return asUser((await fetched(query, "/workspace_members"))[0])
        case "currentWorkspace": {
            const self = await fetched(query, "/self")
            return {id: self.workspace_id, name: self.workspace_name, slug: self.workspace_slug}
        }
        default:
            throw new GraphQLError(`"${field}" is experimental and not answered by this host`)
    }
}

/**
 * @param {RecordSource} source
 * @param {string} field
 * @param {any} args
 * @param {Query} query
 * @param {import("graphql").GraphQLOutputType} returnType
 */
async function resolveOfRecord(source, field, args, query, returnType) {
    switch (field) {
        case "id":
            return source.id
        case "url":
            return source.url
        case "object":
            return object(query, source.object)
        case "attribute":
            return attributeValue(query, source, args.slug)
        case "list_entries":
            throw new GraphQLError("list_entries are not answered by this host")
        default: {
            const values = await Promise.all((source.values[field] ?? []).map((value) => read(query, value)))
            const present = values.filter((value) => value !== null)
            const isList = isListType(isNonNullType(returnType) ? returnType.ofType : returnType)
            if (isList) return present
            // A record the schema types as one kind may be linked to another kind; GraphQL has null for that.
            const first = present[0] ?? null
            const wanted = getNamedType(returnType).name
            return first?.kind === "record" && first.typename !== wanted ? null : first
        }
    }
}

/**
 * @param {ObjectSource} source
 * @param {string} field
 * @param {any} args
 * @param {Query} query
 */
async function resolveOfObject(source, field, args, query) {
    switch (field) {
        case "record":
            return record(query, source.slug, args.id)
        case "records":
            return records(query, source.slug, args.ids)
        case "attributes": {
            /** @type {{title: string, slug: string, type: string}[]} */
            const all = (await fetched(query, `/objects/${source.slug}/attributes`)).map(asAttribute)
            return args.types == null ? all : all.filter(({type}) => args.types.includes(type))
        }
        default:
            return field === "name" ? source.name : source.slug
    }
}

/**
 * @param {Query} query
 * @param {string} objectSlug
 * @param {string} id
 * @returns {Promise<(RecordSource & {typename: string}) | null>}
 */
async function record(query, objectSlug, id) {
    const found = await fetched(
        query,
        `/objects/${encodeURIComponent(objectSlug)}/records/${encodeURIComponent(id)}`
    )
    if (found === null) return null
    return {
        kind: "record",
        typename: RECORD_TYPES[objectSlug] ?? "CustomRecord",
        object: objectSlug,
        id: found.id.record_id,
        url: found.web_url,
        values: found.values,
    }
}

/**
 * @param {Query} query
 * @param {string} objectSlug
 * @param {string[]} ids
 */
function records(query, objectSlug, ids) {
    return Promise.all(ids.map((id) => record(query, objectSlug, id)))
}

/**
 * @param {Query} query
 * @param {string} slug
 */
async function object(query, slug) {
    const found = await fetched(query, `/objects/${encodeURIComponent(slug)}`)
    return found === null ? null : asObject(found)
}

/**
 * @param {Query} query
 * @param {RecordSource} source
 * @param {string} slug
 */
async function attributeValue(query, source, slug) {
    const attribute = await fetched(query, `/objects/${source.object}/attributes/${encodeURIComponent(slug)}`)
    if (attribute === null) return null
    const values = await Promise.all((source.values[slug] ?? []).map((value) => read(query, value)))
    const kind = attribute.type.replace(
        /(^|-)(\w)/g,
        (/** @type {string} */ _, /** @type {string} */ __, /** @type {string} */ c) => c.toUpperCase()
    )
    // The schema has no single e-mail address value.
    const isMany = attribute.is_multiselect || kind === "EmailAddress"
    return isMany
        ? {typename: `Multi${kind}Value`, values}
        : {typename: `${kind}Value`, value: values[0] ?? null}
}

/**
 * One value of the REST API as the GraphQL schema shows it.
 * @param {Query} query
 * @param {any} value
 */
async function read(query, value) {
    switch (value.attribute_type) {
        case "personal-name":
            return {first_name: value.first_name, last_name: value.last_name, full_name: value.full_name}
        case "email-address":
            return value.email_address
        case "phone-number":
            // As somebody typed it: what makes a number of it is the app's business.
            return value.original_phone_number
        case "domain":
            return value.domain
        case "location":
            return asLocation(value)
        case "select":
            return {id: value.option.id.option_id, title: value.option.title}
        case "status":
            return {id: value.status.id.status_id, title: value.status.title}
        case "currency":
            return {currency_value: Number(value.currency_value), currency_code: value.currency_code}
        case "interaction":
            return {interacted_at: value.interacted_at}
        case "record-reference":
            return record(query, value.target_object, value.target_record_id)
        case "actor-reference":
            return actor(query, value.referenced_actor_type, value.referenced_actor_id)
        default:
            return value.value ?? null
    }
}

/** @param {any} value */
function asLocation(value) {
    const {line_1, line_2, line_3, line_4, locality, region, postcode, country_code, latitude, longitude} =
        value
    const lines = {line1: line_1, line2: line_2, line3: line_3, line4: line_4}
    return {...lines, locality, region, postcode, country: country_code, latitude, longitude}
}

/**
 * @param {Query} query
 * @param {string} type
 * @param {string | null} id
 */
async function actor(query, type, id) {
    if (type === "workspace-member") {
        const member = await fetched(query, `/workspace_members/${id}`)
        return member === null ? null : asUser(member)
    }
    return {typename: ACTOR_TYPES[type], type}
}

/** @param {any} member */
function asUser({id, email_address: email, first_name: first, last_name: last}) {
    return {
        typename: "User",
        id: id.workspace_member_id,
        email,
        name: [first, last].filter(Boolean).join(" "),
    }
}

/** @param {any} found */
function asObject({api_slug: slug, plural_noun: name}) {
    return {kind: "object", typename: Object.hasOwn(RECORD_TYPES, slug) ? slug : "Object", slug, name}
}

/** @param {any} found */
function asAttribute({api_slug: slug, title, type}) {
    return {slug, title, type: type.toUpperCase().replaceAll("-", "_")}
}

/**
 * @param {Query} query
 * @param {string} path
 */
function fetched({ask, seen}, path) {
    const asked = seen.get(path) ?? ask(path)
    seen.set(path, asked)
    return asked
}
