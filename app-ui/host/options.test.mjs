import assert from "node:assert/strict"
import {test} from "node:test"
import {BadOption, readOptions} from "./options.mjs"

const NEEDED = ["--app", "app", "--attio", "http://127.0.0.1:1/"]

test("what is not given has a default", () => {
    assert.deepEqual(readOptions(NEEDED), {
        app: "app",
        hostname: "127.0.0.1",
        port: 0,
        publicUrl: null,
        attioToken: "local-attio-token",
        routes: new Map([["api.attio.com", "http://127.0.0.1:1"]]),
        env: {},
        oauth: null,
        data: null,
        webAssembly: true,
        sms: null,
        remember: null,
        person: "Ada Lovelace",
        login: null,
    })
})

test("routes, environment and the connection are read", () => {
    const options = readOptions([
        ...NEEDED,
        ...["--listen", "[::1]:8080", "--route", "API.example.com=http://127.0.0.1:2", "--env", "A=b=c"],
        ...[
            "--client-id",
            "i",
            "--client-secret",
            "s",
            "--authorize-url",
            "https://alc.example/oauth/authorize",
        ],
        ...["--token-url", "https://alc.example/oauth/token", "--without-webassembly"],
    ])
    assert.deepEqual([options.hostname, options.port], ["::1", 8080])
    assert.equal(options.routes.get("api.example.com"), "http://127.0.0.1:2")
    assert.deepEqual(options.env, {A: "b=c"})
    assert.equal(options.oauth?.issuer, "https://alc.example")
    assert.equal(options.webAssembly, false)
})

test("a wrong option is refused by its name", () => {
    const wrong = /** @type {[string[], RegExp][]} */ ([
        [["--app", "app"], /--attio is missing/],
        [[...NEEDED, "--listen", "8080"], /--listen must be HOST:PORT/],
        [[...NEEDED, "--route", "api.example.com"], /--route must be written NAME=VALUE/],
        [[...NEEDED, "--route", "a=ftp://b"], /--route must be an http/],
        [[...NEEDED, "--client-id", "i"], /--client-secret is missing/],
        [[...NEEDED, "--nonsense"], /--nonsense/],
    ])
    for (const [args, message] of wrong) {
        assert.throws(
            () => readOptions(args),
            (error) => error instanceof BadOption && message.test(error.message),
            `${args}`
        )
    }
})
