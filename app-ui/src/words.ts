/** Every sentence a person can see. Each problem names its cause and what to do about it. */

export const words = {
    sendToAlc: {
        label: "Send to ALC",
        preparing: "Preparing to send to ALC...",
        sent: "Successfully sent to ALC!",
        nameless: "Unknown",
        personNotLoaded: {
            title: "Failed to load person data",
            text: "Attio did not return this person. Reload the page and send again; if it stays so, the person was deleted or merged into another one.",
        },
        numberMissing: {
            title: "No phone number found",
            text: "ALC talks to leads by SMS. Add a mobile number to this person and send again.",
        },
        notSent: {title: "Failed to send to ALC"},
    },

    connectionRefused: "Acme Lead Checker could not be connected.",

    /** By the stable code of the problem. */
    problems: {
        phone_number_missing: "This person has no phone number. Add a mobile number and send again.",
        phone_number_unreadable:
            "The phone number field holds no phone number. Correct it on the record and send again.",
        phone_number_invalid:
            "No numbering plan knows this phone number. Correct it on the record, or write it with a leading + and its country code, and send again.",
        phone_number_not_textable:
            "This number cannot receive SMS (a landline, for example). Put a mobile number first on the record and send again.",
        region_unknown:
            "ALC does not know the country of this person. Correct the primary location on the record, or write the number with a leading + and its country code, and send again.",
        record_id_missing: "Attio did not say which record this is. Reload the page and send again.",
        record_id_too_long:
            "Attio named a record in a way ALC does not know. Reload the page and send again.",
        name_too_long: "The person's name is too long for ALC. Shorten it on the record and send again.",

        no_connection:
            "This workspace is not connected to Acme Lead Checker. Connect it in the app's settings under Connections and send again.",
        alc_timeout:
            "Acme Lead Checker did not answer in time. Send again in a minute; the person is not texted twice.",
        alc_unreachable:
            "Acme Lead Checker could not be reached. Send again in a minute; the person is not texted twice.",
        alc_unauthorized:
            "Acme Lead Checker no longer accepts this workspace's connection. Remove it in the app's settings under Connections and connect again.",
        alc_busy: "Acme Lead Checker is receiving too many requests. Try again in a minute.",
        alc_unavailable: "Acme Lead Checker has a fault of its own right now. Try again in a few minutes.",
        alc_refused:
            "Acme Lead Checker refused the request without saying why. Try again; if it stays so, tell its support.",
        alc_unexpected_answer:
            "Acme Lead Checker answered something this app does not understand. Update the app; if it stays so, tell its support.",

        attio_timeout: "Attio did not answer in time. Try again in a minute.",
        attio_unreachable: "Attio could not be reached. Try again in a minute.",
        attio_unauthorized:
            "Attio does not allow the app to do this. Ask a workspace admin to install it again and grant its permissions.",
        attio_not_found:
            "Attio does not have this record any more: it was deleted or merged into another one.",
        attio_slug_taken: "Attio says that an attribute of this name exists already. Try again.",
        attio_busy: "Attio is receiving too many requests. Try again in a minute.",
        attio_unavailable: "Attio could not do this right now. Try again in a minute.",
        attio_refused:
            "Attio refused the change. Check the ALC attributes of People in the workspace settings.",
        attio_unexpected_answer: "Attio answered something this app does not understand. Update the app.",
        attio_handler_failed: "Attio could not set up the app's webhook. Try again in a minute.",
        attio_memory_failed: "Attio could not store the app's data. Try again in a minute.",
        attribute_type_differs:
            "People has an attribute with the name ALC needs, but of another type. Rename or delete it in the workspace settings and try again.",

        unexpected:
            "The app met a fault of its own. Try again; if it stays so, tell Acme Lead Checker's support.",
    },

    /** The lead is at ALC, but the record does not show it. Said before the sentence of the problem. */
    sentButNotShown:
        "The lead was sent to ALC, but its state could not be written to the record; ALC's answer will still be. No need to send again.",
} as const
