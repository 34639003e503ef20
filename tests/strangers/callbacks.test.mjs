/** What we send to a webhook, judged by the verifier that Standard Webhooks publishes. */

import assert from "node:assert/strict"
import {after, before, test} from "node:test"
import {Webhook, WebhookVerificationError} from "standardwebhooks"
import {Receiver} from "./receiver.mjs"
import {Service, asked} from "./service.mjs"

const PHONES = ["+447400123456", "+447400123457"]
const OPTIONS = {timeout: 60_000}

/** @type {Service} */
let service
/** @type {Receiver} */
let receiver
/** @type {string} */
let token
/** @type {{webhook_id: string, secret: string}} */
let webhook
/** @type {import("./receiver.mjs").Letter} */
let letter

before(async () => {
    service = await Service.start()
    receiver = await Receiver.start()
    token = await service.newToken(["leads:write", "webhooks:write"])
    const draft = {name: "A stranger", url: receiver.url, events: ["lead.contacted", "lead.processed"]}
    webhook = await asked("POST", `${service.url}/api/v1/webhooks`, draft, token)
}, OPTIONS)

after(async () => {
    receiver?.stop()
    await service?.stop()
})

/** A lead is sent, is texted and answers; returns the callback that brings its outcome. */
async function processed(phoneNumber) {
    const draft = {recordId: `record of ${phoneNumber}`, name: "Zoë – 漢字", phoneNumber}
    await asked("POST", `${service.url}/api/v1/leads`, draft, token)
    await receiver.next("lead.contacted")
    await service.replies(phoneNumber, "yes, call me tomorrow")
    return receiver.next("lead.processed")
}

/** @param {Partial<import("./receiver.mjs").Letter>} change */
function isRefused(change) {
    const {body, headers} = {...letter, ...change}
    assert.throws(
        () => new Webhook(webhook.secret).verify(body, headers),
        (error) => error instanceof WebhookVerificationError
    )
}

test("a callback is believed, and says what became of the lead", OPTIONS, async () => {
    letter = await processed(PHONES[0])
    const told = new Webhook(webhook.secret).verify(letter.body, letter.headers)
    assert.equal(told.type, "lead.processed")
    assert.equal(told.record_id, `record of ${PHONES[0]}`)
    assert.equal(told.status, "Complete")
    assert.equal(told.outcome.interest, "Hot")
})

test("a byte that was changed, or another time, id or secret, is refused", OPTIONS, () => {
    isRefused({body: letter.body.replace("Complete", "Complate")})
    isRefused({body: `${letter.body} `})
    const seconds = Number(letter.headers["webhook-timestamp"])
    for (const moved of [seconds - 1, seconds + 1, seconds - 3600]) {
        isRefused({headers: {...letter.headers, "webhook-timestamp": `${moved}`}})
    }
    isRefused({headers: {...letter.headers, "webhook-id": `${letter.headers["webhook-id"]}0`}})
    isRefused({headers: {...letter.headers, "webhook-signature": ""}})
    const other = new Webhook("whsec_c3RyYW5nZXJzIGhhdmUgc2VjcmV0cywgdG9v")
    assert.throws(
        () => other.verify(letter.body, letter.headers),
        (error) => error instanceof WebhookVerificationError
    )
})

test("while a secret rotates, the old one and the new one both believe", OPTIONS, async () => {
    const path = `${service.url}/api/v1/webhooks/${webhook.webhook_id}/rotate-secret`
    const {secret} = await asked("POST", path, undefined, token)
    assert.notEqual(secret, webhook.secret)
    const rotated = await processed(PHONES[1])
    for (const one of [webhook.secret, secret]) {
        const told = new Webhook(one).verify(rotated.body, rotated.headers)
        assert.equal(told.record_id, `record of ${PHONES[1]}`)
    }
    assert.throws(
        () => new Webhook(secret).verify(letter.body, letter.headers),
        (error) => error instanceof WebhookVerificationError,
        "what was signed before is not the new secret's"
    )
})
