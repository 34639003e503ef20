/**
 * The app's workspace connection: made through OAuth 2.0 (authorization code, PKCE S256, RFC 9207 issuer check) or by
 * pasting a token, kept fresh, taken away. As in Attio, `connection-added` runs before anything is kept and refuses the
 * connection by throwing, and `connection-removed` runs before it goes.
 */

import {createHash, randomBytes, randomUUID} from "node:crypto"

/** @typedef {import("./storage.mjs").Storage} Storage */
/** @typedef {import("./storage.mjs").StoredConnection} StoredConnection */
/** @typedef {import("./options.mjs").OAuthClient} OAuthClient */

/** A stable code, and a message that says what to do. */
export class ConnectionError extends Error {
    /**
     * @param {number} status
     * @param {string} code
     * @param {string} message
     */
    constructor(status, code, message) {
        super(message)
        this.status = status
        this.code = code
    }
}

/** @typedef {{verifier: string, until: number, returnTo: string | null}} Started */
/** @typedef {{code: string, message: string, at: number}} Refusal why the last attempt to connect led to nothing */

/** Refreshed this long before it expires, so that no token dies within a server function. */
const REFRESH_AHEAD_MS = 60_000
const START_VALID_MS = 10 * 60_000
const TOKEN_TIMEOUT_MS = 10_000

/** The person whose Attio this is; a headless host has one. */
const USER_ID = "00000000-0000-4000-8000-000000000001"

export class Connections {
    #storage
    #oauth
    #publicUrl
    /** @type {(event: "connection-added" | "connection-removed", connection: unknown) => Promise<unknown>} */
    #runEvent
    #fetch
    /** @type {Map<string, Started>} one per started authorization, by its state */
    #started = new Map()
    /** @type {Promise<void> | null} */
    #refreshing = null
    #isExpired = false
    #isChanging = false
    /** @type {Refusal | null} */
    #refusal = null

    /**
     * @param {Storage} storage
     * @param {OAuthClient | null} oauth
     * @param {() => string} publicUrl
     * @param {(event: "connection-added" | "connection-removed", connection: unknown) => Promise<unknown>} runEvent
     * @param {typeof fetch} fetch reaches the provider's token endpoint
     */
    constructor(storage, oauth, publicUrl, runEvent, fetch) {
        this.#storage = storage
        this.#oauth = oauth
        this.#publicUrl = publicUrl
        this.#runEvent = runEvent
        this.#fetch = fetch
    }

    /**
     * @param {string | null} [returnTo] the page to show when it is done
     * @returns {string} where to send the person's browser
     */
    start(returnTo = null) {
        const oauth = this.#needOauth()
        this.#refuseSecond()
        for (const [state, {until}] of this.#started) if (until < Date.now()) this.#started.delete(state)
        const state = randomBytes(24).toString("base64url")
        const verifier = randomBytes(32).toString("base64url")
        this.#started.set(state, {verifier, until: Date.now() + START_VALID_MS, returnTo})
        this.#refusal = null
        const url = new URL(oauth.authorizeUrl)
        url.searchParams.set("response_type", "code")
        url.searchParams.set("client_id", oauth.clientId)
        url.searchParams.set("redirect_uri", this.#redirectUri)
        url.searchParams.set("state", state)
        url.searchParams.set("code_challenge", createHash("sha256").update(verifier).digest("base64url"))
        url.searchParams.set("code_challenge_method", "S256")
        if (oauth.scope !== null) url.searchParams.set("scope", oauth.scope)
        return url.href
    }

    /**
     * @param {URLSearchParams} answer what the provider sent the browser back with
     * @returns {Promise<string | null>} the page to show now; for a page, a refusal is remembered and not thrown
     */
    async finish(answer) {
        const state = answer.get("state") ?? ""
        const started = this.#started.get(state)
        this.#started.delete(state)
        try {
            await this.#finish(answer, started)
        } catch (error) {
            if (!(error instanceof ConnectionError) || started?.returnTo == null) throw error
            this.#refusal = {code: error.code, message: error.message, at: Date.now()}
        }
        return started?.returnTo ?? null
    }

    /**
     * @param {URLSearchParams} answer
     * @param {Started | undefined} started
     */
    async #finish(answer, started) {
        const oauth = this.#needOauth()
        if (started === undefined || started.until < Date.now()) {
            throw new ConnectionError(
                400,
                "state_unknown",
                "This authorization was not started here, or too long ago; start again"
            )
        }
        this.#checkIssuer(oauth, answer.get("iss"))
        const error = answer.get("error")
        if (error !== null) {
            throw new ConnectionError(
                400,
                error,
                answer.get("error_description") ?? "The provider refused; start again"
            )
        }
        const tokens = await this.#askForTokens(oauth, {
            grant_type: "authorization_code",
            code: answer.get("code") ?? "",
            redirect_uri: this.#redirectUri,
            code_verifier: started.verifier,
        })
        await this.#add(tokens)
    }

    /** @param {string} value a token somebody pasted */
    async paste(value) {
        await this.#add({value, refreshToken: null, expiresAt: null, scope: null})
    }

    async remove() {
        const connection = this.#storage.now.connection
        if (connection === null)
            throw new ConnectionError(404, "not_connected", "There is no connection to remove")
        await this.#changing("connection-removed", connection, () =>
            this.#storage.change((stored) => {
                stored.connection = null
            })
        )
    }

    /** Gets a new access token when the old one is about to expire. Many callers, one request. */
    async refresh() {
        const connection = this.#storage.now.connection
        if (connection?.expiresAt == null || this.#isExpired) return
        if (connection.expiresAt - REFRESH_AHEAD_MS > Date.now()) return
        this.#refreshing ??= this.#refreshNow(connection).finally(() => {
            this.#refreshing = null
        })
        await this.#refreshing
    }

    /** As the app sees it. Throws as the SDK does when there is none. */
    workspaceConnection() {
        const connection = this.#storage.now.connection
        if (connection === null) {
            throw sdkError(
                "AttioNoWorkspaceConnectionError",
                "no-workspace-connection",
                "No workspace connection found"
            )
        }
        if (this.#isExpired) {
            throw sdkError(
                "AttioConnectionExpiredError",
                "connection-expired",
                "The connection has expired; connect again"
            )
        }
        return this.#shown(connection)
    }

    noUserConnection() {
        return sdkError("AttioNoUserConnectionError", "no-user-connection", "No user connection found")
    }

    currentUser() {
        return {id: USER_ID}
    }

    /** For people who look: whether there is one, and never its tokens. */
    describe() {
        const connection = this.#storage.now.connection
        return connection === null
            ? null
            : {
                  id: connection.id,
                  expiresAt: connection.expiresAt,
                  isExpired: this.#isExpired,
                  connectedAt: connection.connectedAt,
                  scope: connection.scope,
              }
    }

    /** Why the last attempt from a page failed; null when it did not. */
    get refusal() {
        return this.#refusal
    }

    /** @param {Pick<StoredConnection, "value" | "refreshToken" | "expiresAt" | "scope">} tokens */
    async #add(tokens) {
        this.#refuseSecond()
        const connection = {id: randomUUID(), userId: USER_ID, connectedAt: Date.now(), ...tokens}
        await this.#changing("connection-added", connection, () => {
            this.#isExpired = false
            this.#storage.change((stored) => {
                stored.connection = connection
            })
        })
    }

    /**
     * @param {"connection-added" | "connection-removed"} event
     * @param {StoredConnection} connection
     * @param {() => void} keep
     */
    async #changing(event, connection, keep) {
        if (this.#isChanging) {
            throw new ConnectionError(
                409,
                "connection_changing",
                "A connection is being added or removed; try again when it is done"
            )
        }
        this.#isChanging = true
        try {
            await this.#runEvent(event, this.#shown(connection))
            keep()
        } catch (error) {
            const message = error instanceof Error ? error.message : String(error)
            throw new ConnectionError(502, `${event.replace("-", "_")}_failed`, message)
        } finally {
            this.#isChanging = false
        }
    }

    /** @param {StoredConnection} connection */
    #shown({id, value, userId}) {
        return {
            id,
            value,
            connection_key: "default",
            createdBy: {type: "user", id: userId},
            ownedBy: {type: "workspace", id: this.#storage.now.workspaceId},
        }
    }

    /** @param {StoredConnection} connection */
    async #refreshNow(connection) {
        const {refreshToken} = connection
        if (refreshToken === null || this.#oauth === null) {
            this.#isExpired = (connection.expiresAt ?? Infinity) <= Date.now()
            return
        }
        try {
            const tokens = await this.#askForTokens(this.#oauth, {
                grant_type: "refresh_token",
                refresh_token: refreshToken,
            })
            this.#storage.change((stored) => {
                if (stored.connection?.id !== connection.id) return
                stored.connection = {
                    ...connection,
                    ...tokens,
                    refreshToken: tokens.refreshToken ?? refreshToken,
                    scope: tokens.scope ?? connection.scope,
                }
            })
        } catch (error) {
            // A refused refresh token will not work later either; a provider that is down may be back in a minute.
            this.#isExpired = error instanceof ConnectionError && error.code === "token_refused"
        }
    }

    /**
     * @param {OAuthClient} oauth
     * @param {Record<string, string>} form
     */
    async #askForTokens(oauth, form) {
        const basic = `${encodeURIComponent(oauth.clientId)}:${encodeURIComponent(oauth.clientSecret)}`
        const response = await this.#fetch(oauth.tokenUrl, {
            method: "POST",
            headers: {
                authorization: `Basic ${Buffer.from(basic).toString("base64")}`,
                accept: "application/json",
            },
            body: new URLSearchParams(form),
            signal: AbortSignal.timeout(TOKEN_TIMEOUT_MS),
        }).catch((error) => {
            throw new ConnectionError(
                502,
                "token_unreachable",
                `No answer from ${oauth.tokenUrl}: ${error.message}`
            )
        })
        /** @type {any} */
        const answer = await response.json().catch(() => ({}))
        if (response.status >= 400 && response.status < 500) {
            const why = [answer.error, answer.error_description].filter(Boolean).join(": ")
            throw new ConnectionError(
                502,
                "token_refused",
                `${oauth.tokenUrl} refused with ${response.status} ${why}; connect again`
            )
        }
        if (!response.ok || typeof answer.access_token !== "string") {
            throw new ConnectionError(
                502,
                "token_unusable",
                `${oauth.tokenUrl} answered ${response.status} without an access token`
            )
        }
        return {
            value: /** @type {string} */ (answer.access_token),
            refreshToken:
                typeof answer.refresh_token === "string"
                    ? /** @type {string} */ (answer.refresh_token)
                    : null,
            expiresAt: typeof answer.expires_in === "number" ? Date.now() + answer.expires_in * 1000 : null,
            scope: typeof answer.scope === "string" ? /** @type {string} */ (answer.scope) : null,
        }
    }

    /**
     * Another provider's answer must not be taken for this one's (mix-up attack).
     * @param {OAuthClient} oauth
     * @param {string | null} issuer
     */
    #checkIssuer(oauth, issuer) {
        if (oauth.issuer === "none" && issuer === null) return
        if (issuer === oauth.issuer) return
        const said = issuer === null ? "no issuer" : `"${issuer}"`
        throw new ConnectionError(
            400,
            "issuer_mismatch",
            `The provider names ${said}, expected "${oauth.issuer}"; set --issuer`
        )
    }

    #needOauth() {
        if (this.#oauth !== null) return this.#oauth
        throw new ConnectionError(
            409,
            "oauth_not_configured",
            "Start the host with --client-id, --client-secret, --authorize-url and --token-url, or POST a token to /connections"
        )
    }

    #refuseSecond() {
        if (this.#storage.now.connection === null) return
        throw new ConnectionError(
            409,
            "already_connected",
            "There is a connection already; DELETE /connections first"
        )
    }

    get #redirectUri() {
        return `${this.#publicUrl()}/connections/callback`
    }
}

/**
 * @param {string} name
 * @param {string} code
 * @param {string} message
 */
function sdkError(name, code, message) {
    return Object.assign(new Error(message), {name, code})
}
