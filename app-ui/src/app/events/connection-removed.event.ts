/** A workspace disconnects from ALC. Never throws: that would keep the connection, and what is left is remembered. */

import type {Connection} from "attio/server"
import {unsubscribe} from "../../subscription/unsubscribe"

export default async function connectionRemoved({connection}: {connection: Connection}): Promise<void> {
    try {
        await unsubscribe(connection)
    } catch (error) {
        console.error("The subscription could not be cleaned up.", error instanceof Error ? error.name : "")
    }
}
