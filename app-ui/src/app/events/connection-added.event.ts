/** A workspace connects to ALC. Throwing refuses the connection; nothing half-made stays behind then. */

import type {Connection} from "attio/server"
import {sentence} from "../../errors"
import {subscribe} from "../../subscription/subscribe"
import {words} from "../../words"

export default async function connectionAdded({connection}: {connection: Connection}): Promise<void> {
    const subscribed = await subscribe(connection)
    if (!subscribed.ok) {
        throw new Error(`${words.connectionRefused} ${sentence(subscribed.problem)}`)
    }
}
