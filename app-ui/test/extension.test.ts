import {beforeEach, expect, test, vi} from "vitest"
import extension from "../src/app/extensions/send-to-alc/extension"
import sendLead from "../src/app/extensions/send-to-alc/send-lead.server"
import {alert, hideToast, runQuery, showToast} from "./stand-ins/attio-client"

vi.mock("../src/app/extensions/send-to-alc/send-lead.server", () => ({default: vi.fn()}))

const ada = {
    name: {full_name: "Ada"},
    phone_numbers: ["07911 123456", "other"],
    primary_location: {country: "GB"},
}

beforeEach(() => {
    vi.clearAllMocks()
    vi.spyOn(console, "error").mockImplementation(() => {})
    runQuery.mockResolvedValue({person: ada})
    vi.mocked(sendLead).mockResolvedValue({ok: true, leadId: "lead_1"})
})

async function press() {
    await extension.onTrigger({recordId: "r1", object: "people"})
    return {
        toasts: showToast.mock.calls.map(([toast]: unknown[]) => toast),
        alerts: alert.mock.calls.map(([shown]: unknown[]) => shown),
        hidden: hideToast.mock.calls.length,
    }
}

test("it is offered on people, as Send to ALC", () => {
    expect(extension).toMatchObject({id: "send-to-alc", label: "Send to ALC", objects: ["people"]})
})

test("the first number goes out, and success is said", async () => {
    expect(await press()).toEqual({
        toasts: [
            {title: "Preparing to send to ALC...", variant: "neutral"},
            {title: "Successfully sent to ALC!", variant: "success"},
        ],
        alerts: [],
        hidden: 1,
    })
    expect(sendLead).toHaveBeenCalledWith({
        recordId: "r1",
        name: "Ada",
        phoneNumber: "07911 123456",
        country: "GB",
    })
})

test("a person without a name or a place is sent all the same", async () => {
    runQuery.mockResolvedValue({person: {...ada, name: {full_name: ""}, primary_location: null}})
    await press()
    expect(sendLead).toHaveBeenCalledWith(expect.objectContaining({name: "Unknown", country: null}))
})

test.each([
    [
        "the query fails",
        () => runQuery.mockRejectedValue(new Error("no")),
        "Failed to load person data",
        "person_not_loaded",
    ],
    [
        "there is no person",
        () => runQuery.mockResolvedValue({person: null}),
        "Failed to load person data",
        "person_not_loaded",
    ],
    [
        "there is no number",
        () => runQuery.mockResolvedValue({person: {...ada, phone_numbers: []}}),
        "No phone number found",
        "phone_number_missing",
    ],
    [
        "the number is blank",
        () => refuse("phone_number_missing"),
        "No phone number found",
        "phone_number_missing",
    ],
    [
        "the number is wrong",
        () => refuse("phone_number_invalid"),
        "Failed to send to ALC",
        "phone_number_invalid",
    ],
    [
        "the call fails",
        () => vi.mocked(sendLead).mockRejectedValue(new Error("timeout")),
        "Failed to send to ALC",
        "unexpected",
    ],
    [
        "nothing is connected",
        () => vi.mocked(sendLead).mockRejectedValue({code: "no-workspace-connection"}),
        "Failed to send to ALC",
        "no_connection",
    ],
])("when %s, an alert says so and the toast is gone", async (_, arrange, title, code) => {
    arrange()
    const shown = await press()
    expect(shown).toMatchObject({toasts: [{variant: "neutral"}], alerts: [{title}], hidden: 1})
    expect((shown.alerts[0] as {text: string}).text).toMatch(new RegExp(`\\. \\(${code}\\)$`))
})

test("a lead that was sent but not shown is not to be sent again", async () => {
    vi.mocked(sendLead).mockResolvedValue({
        ok: false,
        leadId: "lead_1",
        problem: {code: "attio_timeout", status: null, detail: null},
    })
    expect((await press()).alerts).toEqual([
        {
            title: "Failed to send to ALC",
            text: expect.stringMatching(/^The lead was sent to ALC.*No need to send again\./),
        },
    ])
})

function refuse(code: string) {
    vi.mocked(sendLead).mockResolvedValue({
        ok: false,
        leadId: null,
        problem: {code, status: null, detail: null},
    })
}
