/** A workspace connects to ALC. Throwing refuses the connection; nothing half-made stays behind then. */

import type {Connection} from "attio/server"
import {sentence} from "../../errors"
import {subscribe} from "../../subscription/subscribe"
import {words} from "../../words"

/** Leaves time for taking everything back before Attio's 30 seconds are over. */
const ANSWER_WITHIN_MS = 25_000

export default async function connectionAdded({connection}: {connection: Connection}): Promise<void> {
    const subscribed = await subscribe(connection, Date.now() + ANSWER_WITHIN_MS)
    if (!subscribed.ok) {
        throw new Error(`${words.connectionRefused} ${sentence(subscribed.problem)}`)
    }
}
