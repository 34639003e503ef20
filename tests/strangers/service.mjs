/** The service as an operator starts it: `alc serve` on a free port and a database of its own, beside a local SMS gateway. */

import {spawn} from "node:child_process"
import {once} from "node:events"
import {existsSync, mkdtempSync, rmSync} from "node:fs"
import {tmpdir} from "node:os"
import path from "node:path"
import {createInterface} from "node:readline"
import {fileURLToPath} from "node:url"

const ROOT = fileURLToPath(new URL("../..", import.meta.url))

/** Where `alc` and `emulate` were built. */
const BINARIES =
    process.env.ALC_BINARIES ?? path.join(process.env.CARGO_TARGET_DIR ?? path.join(ROOT, "target"), "debug")

const OUR_NUMBER = "+15005550006"
const WORKSPACE = "acme"

/** Running programs, and what the operator does on the command line. */
export class Service {
    /** @type {string} where it listens */
    url
    /** @type {string} the local gateway */
    sms
    #folder = mkdtempSync(path.join(tmpdir(), "alc-strangers-"))
    /** @type {(() => Promise<void>)[]} */
    #endings = []
    #environment = {
        ...process.env,
        ALC_PROFILE: "test",
        ALC_LOG__FILTER: "warn",
        ALC_DATABASE__URL: `sqlite://${path.join(this.#folder, "alc.db")}`,
        ALC_SMS__ACCOUNT_SID: "AC00000000000000000000000000000001",
        ALC_SMS__AUTH_TOKEN: "local-sms-token",
        ALC_SMS__FROM: OUR_NUMBER,
    }

    static async start() {
        const service = new Service()
        try {
            service.sms = await service.#start(
                "emulate",
                ["sms", "--listen", "127.0.0.1:0"],
                /^listening on (\S+)$/
            )
            service.#environment.ALC_SMS__BASE_URL = service.sms
            service.url = await service.#start(
                "alc",
                ["serve", "--listen", "127.0.0.1:0"],
                /^alc listening on (\S+)$/
            )
            await asked("PUT", `${service.sms}/_inbound`, {url: `${service.url}/sms/twilio`})
        } catch (error) {
            await service.stop()
            throw error
        }
        return service
    }

    async stop() {
        for (const end of this.#endings.reverse()) await end()
        rmSync(this.#folder, {recursive: true, force: true})
    }

    /** A workspace in test mode. */
    async newSandbox(workspace) {
        await this.#operator(["workspace", "create", "--workspace", workspace, "--test"])
    }

    /** @param {string[]} scopes */
    async newToken(scopes, workspace = WORKSPACE) {
        const place = ["--workspace", workspace]
        return (await this.#operator(["token", "create", ...place, "--scope", ...scopes])).access_token
    }

    /**
     * @param {string[]} more `--public`
     * @returns {Promise<{client_id: string, client_secret: string | null}>}
     */
    newClient(redirectUri, ...more) {
        return this.#operator([
            "client",
            "create",
            "--name",
            "A stranger",
            "--redirect-uri",
            redirectUri,
            ...more,
        ])
    }

    async newUser(email, password, workspace = WORKSPACE) {
        await this.#operator(["user", "create", "--workspace", workspace, "--email", email], `${password}\n`)
    }

    /** The person with this phone answers whoever texted it last. */
    async replies(phone, body) {
        await asked("POST", `${this.sms}/phones/${encodeURIComponent(phone)}/reply`, {body})
    }

    /** One command of `alc`, to its end; what it prints for programs. */
    async #operator(args, input = "") {
        const child = this.#spawn("alc", ["--json", ...args], ["pipe", "pipe", "inherit"])
        let said = ""
        child.stdout.on("data", (text) => (said += text))
        child.stdin.end(input)
        const [status] = await once(child, "close")
        if (status !== 0)
            throw new Error(`alc ${args.join(" ")} ended with ${status}; its own message stands above`)
        return JSON.parse(said)
    }

    /** Starts a program that says in its first line where it is. */
    async #start(program, args, first) {
        const child = this.#spawn(program, args, ["ignore", "pipe", "inherit"])
        const ended = once(child, "exit")
        this.#endings.push(async () => {
            child.kill("SIGTERM")
            await ended
        })
        const lines = createInterface({input: child.stdout})
        const line = await Promise.race([
            once(lines, "line").then(([line]) => String(line)),
            ended.then(([status]) => `it ended with ${status}`),
        ])
        const found = first.exec(line)
        if (found === null) throw new Error(`${program} did not say where it listens, but: ${line}`)
        return found[1]
    }

    #spawn(program, args, stdio) {
        const file = path.join(BINARIES, program)
        if (!existsSync(file))
            throw new Error(`${file} is missing: run \`cargo build --workspace --all-targets\``)
        return spawn(file, args, {cwd: this.#folder, env: this.#environment, stdio})
    }
}

/** Asks with JSON, and insists on a good answer. */
export async function asked(method, url, body, token) {
    const response = await fetch(url, {
        method,
        headers: {
            ...(body && {"content-type": "application/json"}),
            ...(token && {authorization: `Bearer ${token}`}),
        },
        body: body && JSON.stringify(body),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${text}`)
    return text === "" ? null : JSON.parse(text)
}
