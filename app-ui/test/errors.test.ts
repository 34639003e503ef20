import {expect, test} from "vitest"
import {sentence} from "../src/errors"
import {words} from "../src/words"

/** The verdicts of the core on a lead: `core/src/lead.rs` and `core/src/phone.rs`. */
const VERDICTS = [
    "phone_number_missing",
    "phone_number_unreadable",
    "phone_number_invalid",
    "phone_number_not_textable",
    "region_unknown",
    "record_id_missing",
    "record_id_too_long",
    "name_too_long",
]

test.each(VERDICTS)("a person is told what %s means in our own words", (code) => {
    const said = sentence({code, detail: "what the core says"})
    expect(said).not.toContain("what the core says")
    expect(said.endsWith(`. (${code})`)).toBe(true)
})

/** For a record that is gone there is nothing left to do. */
const {attio_not_found: _gone, ...curable} = words.problems

test.each(Object.entries(curable))("%s names a cause and a cure", (_, said) => {
    expect(said.split(/(?<=\.) /).length).toBeGreaterThanOrEqual(2)
})

test("a code that only ALC knows is explained by ALC, or generally", () => {
    expect(sentence({code: "campaign_unknown", detail: "Choose one of yours."})).toBe(
        "Choose one of yours. (campaign_unknown)"
    )
    expect(sentence({code: "campaign_unknown", detail: null})).toContain(words.problems.unexpected)
    expect(sentence({code: "toString", detail: null})).toContain(words.problems.unexpected)
})

test("which attribute is in the way is said too", () => {
    const said = sentence({code: "attribute_type_differs", detail: '"alc_status" is of type select.'})
    expect(said).toContain(words.problems.attribute_type_differs)
    expect(said).toContain('"alc_status" is of type select.')
})
