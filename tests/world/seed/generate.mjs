// Makes ../people.json from people.source.json: adds ids, the kind and normal form of each phone number, and the verdict that is
// right for each person. The verdicts come from libphonenumber-js, which the service does not use, so the two check each other.
//
//   npm ci && npm run generate            writes ../people.json
//   npm ci && npm run generate -- --check  fails when ../people.json is not what would be written
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'

import { ParseError, isSupportedCountry, parsePhoneNumberWithError } from 'libphonenumber-js/max'

const SOURCE = new URL('people.source.json', import.meta.url)
const RESULT = new URL('../people.json', import.meta.url)
/** Ids are derived from keys under this, so that they stay the same when people are added. */
const NAMESPACE = 'b57a1c0e-6e0a-4b57-9d6f-4f1f6a0d2c11'
/** A name longer than this is refused; the limit of the service. */
const LONGEST_NAME = 500
/** Where a text message can arrive. In some countries nothing tells mobile from fixed numbers. */
const TEXTABLE = new Set(['MOBILE', 'FIXED_LINE_OR_MOBILE', 'VOIP', 'PERSONAL_NUMBER'])
const PROFILES = new Set(['hot', 'warm', 'cold', 'not_interested', 'wrong_person', 'stop', 'silent', 'ambiguous_then_hot'])
/** The letters on the keys of a telephone, ITU E.161. */
const KEYS = { 2: 'ABC', 3: 'DEF', 4: 'GHI', 5: 'JKL', 6: 'MNO', 7: 'PQRS', 8: 'TUV', 9: 'WXYZ' }

const source = JSON.parse(readFileSync(SOURCE, 'utf8'))
const result = generate(source)
const text = render(result)
if (process.argv.includes('--check')) {
  if (readFileSync(RESULT, 'utf8') !== text) fail('people.json is not what people.source.json gives; run: npm run generate')
} else {
  writeFileSync(RESULT, text)
}
console.log(summary(result))

function generate({ companies, people }) {
  const keys = new Set()
  for (const { key } of [...companies, ...people]) {
    if (keys.has(key)) fail(`the key ${key} is there twice`)
    keys.add(key)
  }
  const made = people.map((person) => makePerson(person, keys))
  checkNumbers(made)
  return { companies: companies.map(({ key, name, domain }) => ({ id: idOf(key), name, domain })), people: made }
}

function makePerson(person, keys) {
  const { key, first = '', last = '', email = null, country = null, company = null, title = null, phones = [] } = person
  for (const reference of [company, person.shares_number_with]) {
    if (reference && !keys.has(reference)) fail(`${key} refers to ${reference}, which is not there`)
  }
  const expected = verdictOn(`${first} ${last}`.trim(), phones[0], country)
  return {
    id: idOf(key),
    first_name: first,
    last_name: last,
    email,
    country_code: country,
    company: company && idOf(company),
    job_title: title,
    phones: phones.map((typed) => describe(typed, country)),
    expected,
    shares_number_with: person.shares_number_with ? idOf(person.shares_number_with) : null,
    reply: makeReply(key, person.reply, expected),
  }
}

function makeReply(key, reply, { verdict }) {
  if ((verdict === 'accepted') !== Boolean(reply)) {
    fail(`${key} is ${verdict}: who can be texted has a reply, and nobody else`)
  }
  if (!reply) return null
  const [profile, ...texts] = reply
  if (!PROFILES.has(profile)) fail(`${key} has the unknown profile ${profile}`)
  if ((profile === 'silent') !== (texts.length === 0)) fail(`${key}: who is silent sends nothing, and nobody else`)
  return { profile, texts }
}

function verdictOn(name, typed, country) {
  const rejected = (code) => ({ verdict: 'rejected', code })
  if (typed === undefined || typed.trim() === '') return rejected('phone_number_missing')
  if ([...name].length > LONGEST_NAME) return rejected('name_too_long')
  const { number, error } = read(typed, country)
  if (error) return rejected(error)
  if (!number.isValid()) return rejected('phone_number_invalid')
  if (!TEXTABLE.has(number.getType())) return rejected('phone_number_not_textable')
  return { verdict: 'accepted', e164: number.number }
}

function describe(typed, country) {
  const { number } = read(typed, country)
  if (!number?.isValid()) return { typed, number: null, kind: null }
  return { typed, number: number.number, kind: number.getType().toLowerCase() }
}

function read(typed, country) {
  try {
    return { number: parsePhoneNumberWithError(dialled(typed), country ? { defaultCountry: country } : {}) }
  } catch (error) {
    if (!(error instanceof ParseError)) throw error
    return { error: codeOf(error.message, typed, country) }
  }
}

function codeOf(message, typed, country) {
  switch (message) {
    case 'NOT_A_NUMBER':
      return 'phone_number_unreadable'
    case 'INVALID_COUNTRY':
      // A plus brings its own country. Without one a region that has no numbering plan is what is wrong; without any region
      // there is a number, but none that anybody could dial.
      return country && !isSupportedCountry(country) && !/[+＋]/.test(typed) ? 'region_unknown' : 'phone_number_invalid'
    case 'TOO_SHORT':
      // A single digit is not a number yet, in any plan.
      return typed.replace(/\P{Nd}/gu, '').length < 2 ? 'phone_number_unreadable' : 'phone_number_invalid'
    case 'TOO_LONG':
      return 'phone_number_invalid'
    default:
      return fail(`libphonenumber-js says ${message} about ${typed}`)
  }
}

/** What one presses for a number spelled with words, such as 1-800-FLOWERS. The library reads digits only. */
function dialled(typed) {
  const isSpelled = /^\s*[+(]*\d[\d\s().-]*\d[\s).-]+[A-Z]{3,}[A-Z\d -]*$/.test(typed)
  if (!isSpelled) return typed
  return typed.replace(/[A-Z]/g, (letter) => Object.keys(KEYS).find((key) => KEYS[key].includes(letter)))
}

function checkNumbers(people) {
  const owners = new Map()
  for (const { id, first_name, expected, shares_number_with } of people) {
    if (expected.verdict !== 'accepted') continue
    const owner = owners.get(expected.e164)
    if (owner && owner !== shares_number_with) fail(`${first_name} (${id}) has the number of ${owner} and does not say so`)
    if (!owner && shares_number_with) fail(`${first_name} (${id}) says to share a number and does not`)
    if (!owner) owners.set(expected.e164, id)
  }
}

/** UUID version 5. */
function idOf(key) {
  const namespace = Buffer.from(NAMESPACE.replaceAll('-', ''), 'hex')
  const bytes = createHash('sha1').update(namespace).update(key).digest().subarray(0, 16)
  bytes[6] = (bytes[6] & 0x0f) | 0x50
  bytes[8] = (bytes[8] & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/** One line for each company and person, so that a change shows as what it is. */
function render({ companies, people }) {
  const lines = (rows) => rows.map((row) => `    ${JSON.stringify(row)}`).join(',\n')
  return `{\n  "companies": [\n${lines(companies)}\n  ],\n  "people": [\n${lines(people)}\n  ]\n}\n`
}

function summary({ people }) {
  const count = (of) => Object.fromEntries([...Map.groupBy?.(people, of) ?? group(people, of)].map(([k, v]) => [k, v.length]))
  return JSON.stringify({
    people: people.length,
    countries: new Set(people.map((person) => person.country_code)).size,
    verdicts: count((person) => person.expected.code ?? person.expected.verdict),
    kinds: count((person) => person.phones[0]?.kind ?? 'none'),
    replies: count((person) => person.reply?.profile ?? 'none'),
  })
}

function group(rows, of) {
  const groups = new Map()
  for (const row of rows) groups.set(of(row), [...(groups.get(of(row)) ?? []), row])
  return groups
}

function fail(message) {
  console.error(message)
  process.exit(1)
}
