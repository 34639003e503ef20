/** The button "Send to ALC" on a person. */

import {alert, Extensions, runQuery, showToast} from "attio/client"
import {sentence} from "../../../errors"
import {words} from "../../../words"
import getPerson from "./get-person.graphql"
import sendLead, {type PersonToSend} from "./send-lead.server"

const text = words.sendToAlc

export default Extensions.defineExtension({
    type: "record-action",
    id: "send-to-alc",
    label: "Send to ALC",
    icon: "Message",
    objects: ["people"],
    onTrigger: async ({recordId}) => {
        const {hideToast} = await showToast({title: text.preparing, variant: "neutral"})
        const ending = await send(recordId)
        await hideToast()
        if (ending === "sent") await showToast({title: text.sent, variant: "success"})
        else await alert(ending)
    },
})

type Alert = {title: string; text: string}

/** Never throws, so that the toast above always goes away. */
async function send(recordId: string): Promise<"sent" | Alert> {
    const person = await loadPerson(recordId)
    if (person === null) return withCode(text.personNotLoaded, "person_not_loaded")
    if (person.phoneNumber === "") return withCode(text.numberMissing, "phone_number_missing")

    try {
        const sent = await sendLead(person)
        if (sent.ok) return "sent"
        if (sent.problem.code === "phone_number_missing") {
            return withCode(text.numberMissing, sent.problem.code)
        }
        const why = sentence(sent.problem)
        return {
            title: text.notSent.title,
            text: sent.leadId === null ? why : `${words.sentButNotShown} ${why}`,
        }
    } catch (error) {
        return {title: text.notSent.title, text: sentence({code: codeOf(error), detail: null})}
    }
}

async function loadPerson(recordId: string): Promise<PersonToSend | null> {
    try {
        const {person} = await runQuery(getPerson, {recordId})
        if (person === null) return null
        return {
            recordId,
            name: person.name?.full_name || text.nameless,
            phoneNumber: person.phone_numbers[0] ?? "",
            country: person.primary_location?.country ?? null,
        }
    } catch (error) {
        console.error("The person could not be loaded.", error instanceof Error ? error.message : "")
        return null
    }
}

/** The call itself failed: nothing is connected, or Attio could not run the server function. */
function codeOf(error: unknown): string {
    const code: unknown = typeof error === "object" && error !== null && "code" in error ? error.code : null
    return code === "no-workspace-connection" ? "no_connection" : "unexpected"
}

function withCode({title, text}: Alert, code: string): Alert {
    return {title, text: `${text} (${code})`}
}
