/** A person's browser as far as logging in and consenting need one: keeps cookies, follows redirects, sends forms. */

export class Person {
    /** @type {Map<string, string>} */
    #cookies = new Map()

    constructor(email, password) {
        this.email = email
        this.password = password
    }

    /**
     * Opens the address a client made, logs in where asked to, and decides.
     * @param {URL} authorize
     * @param {"allow" | "deny"} decision
     * @param {string} leavesFor where the client waits
     * @returns {Promise<URL>} where the person was sent with the answer
     */
    async decides(authorize, decision, leavesFor) {
        let page = await this.#open(authorize, leavesFor)
        if (page.fields?.has("password")) {
            page = await this.#send(page, {email: this.email, password: this.password}, leavesFor)
        }
        if (page.fields !== null) page = await this.#send(page, {decision}, leavesFor)
        if (!page.url.href.startsWith(leavesFor))
            throw new Error(`not sent back, but shown ${page.url}: ${page.html}`)
        return page.url
    }

    #open(url, leavesFor) {
        return this.#visit(url, {method: "GET"}, leavesFor)
    }

    #send(page, typed, leavesFor) {
        const body = new URLSearchParams([...page.fields].filter(([name]) => !(name in typed)))
        for (const [name, value] of Object.entries(typed)) body.append(name, value)
        return this.#visit(new URL(page.action, page.url), {method: "POST", body}, leavesFor)
    }

    async #visit(url, request, leavesFor) {
        for (let redirects = 0; redirects < 20; redirects += 1) {
            if (url.href.startsWith(leavesFor)) return {url, html: "", action: "", fields: null}
            const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ")
            const origin = request.method === "POST" ? {origin: url.origin} : {}
            const response = await fetch(url, {...request, redirect: "manual", headers: {cookie, ...origin}})
            for (const set of response.headers.getSetCookie()) {
                const [, name, value] = /^([^=]+)=([^;]*)/.exec(set) ?? []
                this.#cookies.set(name, value)
            }
            const to = response.headers.get("location")
            if (to === null) return {url, ...formOf(await response.text())}
            url = new URL(to, url)
            request = {method: "GET"}
        }
        throw new Error(`${url} redirects in a circle`)
    }
}

/** The first form of a page of ours, with what it holds. */
function formOf(html) {
    const form = /<form[^>]*action="([^"]*)"[^>]*>([\s\S]*?)<\/form>/.exec(html)
    if (form === null) return {html, action: "", fields: null}
    const fields = new Map()
    for (const [input] of form[2].matchAll(/<input[^>]*>/g)) {
        fields.set(attribute(input, "name"), attribute(input, "value"))
    }
    return {html, action: plain(form[1]), fields}
}

function attribute(tag, name) {
    return plain(new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1] ?? "")
}

function plain(text) {
    const decoded = text.replace(/&#x?([0-9a-f]+);/gi, (whole, digits) =>
        String.fromCodePoint(Number.parseInt(digits, /^&#x/i.test(whole) ? 16 : 10))
    )
    return decoded
        .replaceAll("&quot;", '"')
        .replaceAll("&lt;", "<")
        .replaceAll("&gt;", ">")
        .replaceAll("&amp;", "&")
}
