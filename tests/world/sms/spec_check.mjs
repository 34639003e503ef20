// Drives a running local SMS gateway with the gateway's own helper library, and lets that library verify every signature.
//
//   npm ci
//   cargo run -p alc-tests --bin emulate -- sms      (prints the address)
//   npm run check -- http://HOST:PORT
//
// Options: --account-sid and --auth-token, as given to the emulator. Exits 1 when anything differs.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { parseArgs } from 'node:util'

import twilio from 'twilio'

const { values: account, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'account-sid': { type: 'string', default: 'AC00000000000000000000000000000001' },
    'auth-token': { type: 'string', default: 'local-sms-token' },
  },
})
const [address] = positionals
if (!address) {
  console.error('usage: npm run check -- http://HOST:PORT [--account-sid SID] [--auth-token TOKEN]')
  process.exit(2)
}
const token = account['auth-token']
const OURS = '+15005550006'
const PHONE = '+447400123456'

/** The helper library's own client, sent to the emulator. */
class LocalClient extends twilio.RequestClient {
  request(options) {
    return super.request({ ...options, uri: options.uri.replace('https://api.twilio.com', address) })
  }
}

const client = (authToken) => twilio(account['account-sid'], authToken, { httpClient: new LocalClient() })
const sms = client(token)
const service = await startService()
const lever = (method, path, body) =>
  fetch(address + path, { method, headers: { 'content-type': 'application/json' }, body: body && JSON.stringify(body) })

/** Stands in for the service: keeps every callback and reply, and whether the library takes its signature for genuine. */
async function startService() {
  const told = []
  const server = createServer((request, response) => {
    const chunks = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      const form = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()))
      const url = `http://${request.headers.host}${request.url}`
      const genuine = twilio.validateRequest(token, request.headers['x-twilio-signature'], url, form)
      const forged = twilio.validateRequest(`${token}x`, request.headers['x-twilio-signature'], url, form)
      told.push({ path: request.url, form, genuine: genuine && !forged })
      response.writeHead(204).end()
    })
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { told, url: (path) => `http://127.0.0.1:${server.address().port}${path}`, stop: () => server.close() }
}

async function refused(status, code, call) {
  const error = await call().then(() => assert.fail(`not refused; expected ${status} ${code}`), (error) => error)
  assert.equal(error.status, status, error.message)
  assert.equal(error.code, code, error.message)
  assert.match(error.moreInfo, new RegExp(`/${code}$`))
}

const checks = {
  async 'sends a message and tells what became of it'() {
    const statusCallback = service.url('/status/msg_1?a=b%20c')
    const made = await sms.messages.create({ to: PHONE, from: OURS, body: 'Grüße & more', statusCallback })
    assert.match(made.sid, /^SM[0-9a-f]{32}$/)
    assert.equal(made.status, 'queued')
    assert.equal(made.direction, 'outbound-api')
    assert.equal(made.dateSent, null)
    assert.ok(made.dateCreated instanceof Date && !Number.isNaN(made.dateCreated.getTime()))
    await lever('GET', '/_idle')

    assert.deepEqual(service.told.map(({ form }) => form.MessageStatus), ['sent', 'delivered'])
    assert.ok(service.told.every(({ genuine, form }) => genuine && form.MessageSid === made.sid))
    assert.equal(service.told[0].path, '/status/msg_1?a=b%20c')

    const fetched = await sms.messages(made.sid).fetch()
    assert.equal(fetched.status, 'delivered')
    assert.equal(fetched.body, 'Grüße & more')
    assert.ok(fetched.dateSent instanceof Date)
  },

  async 'tells of a phone out of reach'() {
    service.told.length = 0
    const off = '+447400123457'
    await lever('PUT', `/phones/${off}/unreachable`)
    const made = await sms.messages.create({ to: off, from: OURS, body: 'x', statusCallback: service.url('/status') })
    await lever('GET', '/_idle')
    const last = service.told.at(-1)
    assert.deepEqual([last.form.MessageStatus, last.form.ErrorCode, last.genuine], ['undelivered', '30003', true])
    assert.equal((await sms.messages(made.sid).fetch()).errorCode, 30003)
  },

  async 'lists by number and time, in pages'() {
    for (const body of ['one', 'two', 'three']) await sms.messages.create({ to: '+33612345678', from: OURS, body })
    await lever('GET', '/_idle')
    const bodies = (messages) => messages.map((message) => message.body)
    const to = '+33612345678'
    assert.deepEqual(bodies(await sms.messages.list({ to })), ['three', 'two', 'one'])
    assert.deepEqual(bodies(await sms.messages.list({ to, pageSize: 2 })), ['three', 'two', 'one'])
    assert.deepEqual(bodies(await sms.messages.list({ to, from: '+15005550009' })), [])
    const hour = 3_600_000
    const before = new Date(Date.now() - hour)
    const after = new Date(Date.now() + hour)
    assert.equal((await sms.messages.list({ to, dateSentAfter: before, dateSentBefore: after })).length, 3)
    assert.equal((await sms.messages.list({ to, dateSentAfter: after })).length, 0)
    const page = await sms.messages.page({ to, pageSize: 2 })
    assert.equal(page.instances.length, 2)
    assert.equal((await page.nextPage()).instances.length, 1)
  },

  async 'brings replies, signed'() {
    service.told.length = 0
    await lever('PUT', '/_inbound', { url: service.url('/sms/twilio') })
    const answer = await lever('POST', `/phones/${PHONE}/reply`, { body: 'Yes, call me + thanks' })
    assert.equal(answer.status, 202)
    const [{ form, genuine }] = service.told
    assert.ok(genuine)
    assert.deepEqual([form.From, form.To, form.Body, form.NumMedia], [PHONE, OURS, 'Yes, call me + thanks', '0'])
    const { messages } = await (await lever('GET', `/phones/${PHONE}`)).json()
    assert.deepEqual(messages.map(({ direction }) => direction), ['to-lead', 'from-lead'])
    const inbound = await sms.messages(form.MessageSid).fetch()
    assert.deepEqual([inbound.direction, inbound.status], ['inbound', 'received'])
  },

  async 'refuses as the gateway does'() {
    const send = (changes) => () => sms.messages.create({ to: PHONE, from: OURS, body: 'x', ...changes })
    await refused(400, 21211, send({ to: 'nobody' }))
    await refused(400, 21212, send({ from: 'nobody' }))
    await refused(400, 21266, send({ to: OURS }))
    await refused(400, 21602, send({ body: '' }))
    await refused(400, 21617, send({ body: 'x'.repeat(1601) }))
    await refused(404, 20404, () => sms.messages(`SM${'0'.repeat(32)}`).fetch())
    await refused(401, 20003, () => client('wrong').messages.list())
    await lever('PUT', `/phones/${PHONE}/opt_out`, { from: OURS })
    await refused(400, 21610, send({}))
    await lever('POST', '/_faults', { method: 'POST', path_contains: 'Messages.json', status: 429 })
    await refused(429, 20429, send({ to: '+33612345678' }))
  },
}

let failed = 0
for (const [name, check] of Object.entries(checks)) {
  try {
    await check()
    console.log(`ok      ${name}`)
  } catch (error) {
    failed += 1
    console.log(`FAILED  ${name}\n${error.stack}`)
  }
}
service.stop()
console.log(`${Object.keys(checks).length - failed} passed, ${failed} failed`)
process.exit(failed ? 1 : 0)
