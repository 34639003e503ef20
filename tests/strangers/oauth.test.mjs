/** The whole OAuth dance, danced by a client library that we did not write: it checks what a careful client checks. */

import assert from "node:assert/strict"
import {after, before, test} from "node:test"
import * as oauth from "openid-client"
import {Person} from "./person.mjs"
import {Service} from "./service.mjs"

const OPTIONS = {timeout: 60_000}
/** Nobody listens there: the person's browser is followed up to here, no further. */
const REDIRECT_URI = "http://127.0.0.1:9/callback"
const ALL = "leads:read leads:write webhooks:read webhooks:write"

/** @type {Service} */
let service
/** @type {Person} */
let ada

before(async () => {
    service = await Service.start()
    ada = new Person("ada@example.com", "correct horse battery staple")
    await service.newUser(ada.email, ada.password)
}, OPTIONS)

after(() => service?.stop())

const METHODS = {
    client_secret_basic: (secret) => oauth.ClientSecretBasic(secret),
    client_secret_post: (secret) => oauth.ClientSecretPost(secret),
    none: () => oauth.None(),
}

/** A client of its own that has read our metadata. @param {keyof typeof METHODS} method */
async function discovered(method) {
    const made = await service.newClient(REDIRECT_URI, ...(method === "none" ? ["--public"] : []))
    return oauth.discovery(
        new URL(service.url),
        made.client_id,
        undefined,
        METHODS[method](made.client_secret),
        // Over loopback there is no TLS.
        {algorithm: "oauth2", execute: [oauth.allowInsecureRequests]}
    )
}

/** From the client's button to its tokens. */
async function connected(config, parameters = {}) {
    const {asked, verifier, state} = await asking(config, parameters)
    const back = await ada.decides(asked, "allow", REDIRECT_URI)
    return oauth.authorizationCodeGrant(config, back, {pkceCodeVerifier: verifier, expectedState: state})
}

async function asking(config, parameters = {}) {
    const verifier = oauth.randomPKCECodeVerifier()
    const state = oauth.randomState()
    const asked = oauth.buildAuthorizationUrl(config, {
        redirect_uri: REDIRECT_URI,
        scope: ALL,
        state,
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        code_challenge_method: "S256",
        ...parameters,
    })
    return {asked, verifier, state}
}

async function status(config, accessToken) {
    const url = new URL(`${service.url}/api/v1/leads`)
    return (await oauth.fetchProtectedResource(config, accessToken, url, "GET").catch((error) => error))
        .status
}

async function isRefused(error, call) {
    await assert.rejects(call, (refusal) => {
        assert.ok(refusal instanceof oauth.ResponseBodyError, `${refusal}`)
        assert.equal(refusal.error, error)
        return true
    })
}

for (const method of /** @type {(keyof typeof METHODS)[]} */ (Object.keys(METHODS))) {
    test(`${method}: discovery, consent, code, tokens, refresh, reuse`, OPTIONS, async () => {
        const config = await discovered(method)
        const server = config.serverMetadata()
        assert.equal(server.issuer, service.url)
        assert.ok(server.token_endpoint_auth_methods_supported?.includes(method))
        assert.ok(server.supportsPKCE("S256"))

        const first = await connected(config)
        assert.equal(first.token_type, "bearer")
        assert.equal(first.scope, ALL)
        assert.ok((first.expiresIn() ?? 0) > 0)
        assert.equal(await status(config, first.access_token), 200)

        const second = await oauth.refreshTokenGrant(config, first.refresh_token)
        assert.notEqual(second.refresh_token, first.refresh_token)
        assert.equal(await status(config, second.access_token), 200)
        const narrow = await oauth.refreshTokenGrant(config, second.refresh_token, {scope: "leads:read"})
        assert.equal(narrow.scope, "leads:read")

        // Two hold it: nobody can say who is who, so all that hangs on it ends.
        await isRefused("invalid_grant", oauth.refreshTokenGrant(config, first.refresh_token))
        for (const gone of [first, second, narrow]) assert.equal(await status(config, gone.access_token), 401)
        await isRefused("invalid_grant", oauth.refreshTokenGrant(config, narrow.refresh_token))
    })

    test(`${method}: revocation ends the access`, OPTIONS, async () => {
        const config = await discovered(method)
        const tokens = await connected(config)
        await oauth.tokenRevocation(config, tokens.refresh_token)
        assert.equal(await status(config, tokens.access_token), 401)
        await isRefused("invalid_grant", oauth.refreshTokenGrant(config, tokens.refresh_token))
        // Once more is no error (RFC 7009 §2.2).
        await oauth.tokenRevocation(config, tokens.refresh_token)
    })
}

test("introspection tells a client about its own tokens, and no other", OPTIONS, async () => {
    const [config, other] = [await discovered("client_secret_basic"), await discovered("client_secret_post")]
    const tokens = await connected(config, {scope: "leads:read"})
    const told = await oauth.tokenIntrospection(config, tokens.access_token)
    assert.equal(told.active, true)
    assert.equal(told.scope, "leads:read")
    assert.equal(told.client_id, config.clientMetadata().client_id)
    assert.deepEqual(await oauth.tokenIntrospection(other, tokens.access_token), {active: false})
    await oauth.tokenRevocation(config, tokens.access_token)
    assert.deepEqual(await oauth.tokenIntrospection(config, tokens.access_token), {active: false})
})

test("who says no sends the client away with an error that is ours", OPTIONS, async () => {
    const config = await discovered("client_secret_basic")
    const {asked, verifier, state} = await asking(config, {prompt: "consent"})
    const back = await ada.decides(asked, "deny", REDIRECT_URI)
    assert.equal(back.searchParams.get("iss"), service.url)
    const checks = {pkceCodeVerifier: verifier, expectedState: state}
    await assert.rejects(oauth.authorizationCodeGrant(config, back, checks), (refusal) => {
        assert.ok(refusal instanceof oauth.AuthorizationResponseError, `${refusal}`)
        assert.equal(refusal.error, "access_denied")
        return true
    })
})

test(
    "an answer in the name of another server, or of none, is not taken; nor is a code without its verifier, or twice",
    OPTIONS,
    async () => {
        const config = await discovered("client_secret_basic")
        const {asked, verifier, state} = await asking(config)
        const back = await ada.decides(asked, "allow", REDIRECT_URI)
        const checks = {pkceCodeVerifier: verifier, expectedState: state}
        for (const issuer of ["https://evil.example", null]) {
            const mixedUp = new URL(back)
            if (issuer === null) mixedUp.searchParams.delete("iss")
            else mixedUp.searchParams.set("iss", issuer)
            // The library knows from our metadata that we name ourselves.
            await assert.rejects(oauth.authorizationCodeGrant(config, mixedUp, checks), (refusal) => {
                assert.match(`${refusal.cause}`, /"iss" \(issuer\)/)
                return true
            })
        }
        const stranger = {...checks, pkceCodeVerifier: oauth.randomPKCECodeVerifier()}
        await isRefused("invalid_grant", oauth.authorizationCodeGrant(config, back, stranger))
        const tokens = await oauth.authorizationCodeGrant(config, back, checks)
        assert.equal(await status(config, tokens.access_token), 200)
        await isRefused("invalid_grant", oauth.authorizationCodeGrant(config, back, checks))
        assert.equal(
            await status(config, tokens.access_token),
            401,
            "a code that comes back ends what it gave"
        )
    }
)
